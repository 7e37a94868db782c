/**
 * A check as a stream of verdicts.
 *
 * A probed check is asked every `interval`, every `fastInterval` while its state is changing, counted from start to
 * start; the first probe waits a random part of the fast interval, so that checks do not march in step. There are never
 * two probes of one check under way. A probe that exceeds its timeout is aborted; while it will not end, each interval
 * yields another unhealthy verdict and no new probe begins. A watched check is passed on, and started again when it ends
 * or throws. What is thrown becomes `unknown`. The stream ends, without a throw, when the signal aborts.
 */
import { describeError } from '../system/fault.ts';
import type { CheckContext, HealthCheck, Verdict } from './health-check.ts';
import { sleepLived } from './lived-time.ts';

export interface ScheduledCheck {
  readonly check: HealthCheck;
  readonly options: unknown;
  readonly interval: number;
  readonly fastInterval: number;
  readonly timeout: number;
  readonly context: Omit<CheckContext, 'timeoutMs'>;
  /** Whether the state is changing: asked before each pause. */
  readonly isChanging: () => boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface TimedVerdict {
  readonly verdict: Verdict;
  /** How long the probe took; absent when the check is watched. */
  readonly tookMs?: number;
}

/** Milliseconds an aborted probe has to say what it was waiting for. */
const lastWordMs = 10;

export async function* verdicts(scheduled: ScheduledCheck): AsyncGenerator<TimedVerdict, void> {
  const { signal } = scheduled.context;
  try {
    yield* scheduled.check.watch ? watched(scheduled) : probed(scheduled);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* watched(scheduled: ScheduledCheck): AsyncGenerator<TimedVerdict, void> {
  const { check, options, context, fastInterval } = scheduled;
  while (!context.signal.aborted) {
    try {
      const watch = check.watch?.(options, { ...context, timeoutMs: scheduled.timeout }) ?? [];
      for await (const verdict of watch) yield { verdict };
    } catch (error) {
      if (context.signal.aborted) return;
      yield { verdict: { kind: 'unknown', reason: describeError(error) } };
    }
    await context.clock.sleep(fastInterval, context.signal);
  }
}

async function* probed(scheduled: ScheduledCheck): AsyncGenerator<TimedVerdict, void> {
  const { context, isChanging, random } = scheduled;
  const { clock, signal } = context;
  await clock.sleep(random() * scheduled.fastInterval, signal);
  for (;;) {
    const startedAt = clock.monotonicMs();
    const { verdict, settled } = await probeOnce(scheduled);
    yield { verdict, tookMs: clock.monotonicMs() - startedAt };
    if (settled) yield* untilSettled(settled, scheduled);
    const gap = isChanging() ? scheduled.fastInterval : scheduled.interval;
    await clock.sleep(Math.max(0, startedAt + gap - clock.monotonicMs()), signal);
  }
}

interface Probed {
  readonly verdict: Verdict;
  /** Given when the probe is still under way although aborted; resolves when it has ended. */
  readonly settled?: Promise<unknown>;
}

async function probeOnce({ check, options, context, timeout }: ScheduledCheck): Promise<Probed> {
  const { clock, signal } = context;
  const end = new AbortController();
  const stop = (): void => end.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const probe = judge(check, options, { ...context, signal: end.signal, timeoutMs: timeout });
    const inTime = await firstOf(probe, only => sleepLived(timeout, context, only), signal);
    if (inTime) return { verdict: inTime };
    end.abort(new Error('timeout'));
    const lastWord = await firstOf(probe, only => clock.sleep(lastWordMs, only), signal);
    // An answer that comes with the abort came too late, however good it is.
    const verdict: Verdict =
      lastWord?.kind === 'unhealthy' ? lastWord : { kind: 'unhealthy', reason: 'timeout' };
    return lastWord ? { verdict } : { verdict, settled: probe };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The probe's verdict; `unknown` when it throws. */
async function judge(check: HealthCheck, options: unknown, context: CheckContext): Promise<Verdict> {
  try {
    return (await check.probe?.(options, context)) ?? { kind: 'unknown', reason: 'the check has no probe' };
  } catch (error) {
    return { kind: 'unknown', reason: describeError(error) };
  }
}

/** The verdict, or undefined when `limit` resolves first. The limit is cancelled when it loses. */
async function firstOf(
  probe: Promise<Verdict>,
  limit: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  signal.throwIfAborted();
  const lost = new AbortController();
  const stop = (): void => lost.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const limited = limit(lost.signal).then(() => undefined);
  // When the probe wins, the cancelled limit rejects and nobody else looks.
  limited.catch(() => undefined);
  try {
    return await Promise.race([probe, limited]);
  } finally {
    signal.removeEventListener('abort', stop);
    lost.abort();
  }
}

async function* untilSettled(
  settled: Promise<unknown>,
  { context, interval }: ScheduledCheck,
): AsyncGenerator<TimedVerdict, void> {
  let ended = false;
  settled.then(() => {
    ended = true;
  });
  for (;;) {
    await context.clock.sleep(interval, context.signal);
    if (ended) return;
    yield { verdict: { kind: 'unhealthy', reason: 'timeout: the last probe does not end' } };
  }
}
