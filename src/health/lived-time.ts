/**
 * Time as this process has lived it: spans in which it was not given a processor, or was stopped, do not count.
 *
 * A span is cut into ticks. A tick that took much longer than asked says that we were away, not that the other side
 * was silent, so it is credited at most twice its length. After an absence the event loop so gets a turn to read what
 * arrived in the meantime before any deadline falls.
 *
 * The same is owed to the service that is asked: while it is ready to run and gets no processor, its silence is the machine's;
 * while it works without a pause, it is its clients', whose questions came before ours. Withdrawing would only move the load
 * to the next. That is believed for a while and not for ever, since its clients wait all the same.
 */
import type { Clock } from '../system/clock.ts';

/** What a tick of `tickMs` counts for when `elapsedMs` went by on the clock. */
export function livedMs(elapsedMs: number, tickMs: number): number {
  return Math.min(elapsedMs, 2 * tickMs);
}

/** Ticks of one deadline; more would only cost wake-ups. */
const ticksOfDeadline = 5;

/** Milliseconds that one deadline is put off at most because the service is pressed. */
export const longestGraceMs = 1000;

/** What `sleepLived` needs of a check's context. */
export interface LivedContext {
  readonly clock: Clock;
  /** Milliseconds so far in which the service was pressed for processor time; absent where nobody knows. */
  readonly pressedMs?: () => number;
}

/** Resolves after `ms` of lived time, the service's included. Throws the signal's reason when aborted. */
export async function sleepLived(
  ms: number,
  { clock, pressedMs }: LivedContext,
  signal: AbortSignal,
): Promise<void> {
  const tickMs = ms / ticksOfDeadline;
  let pressed = pressedMs?.() ?? 0;
  let graceMs = longestGraceMs;
  for (let lived = 0; lived < ms; ) {
    const before = clock.monotonicMs();
    await clock.sleep(Math.min(tickMs, ms - lived), signal);
    const passed = livedMs(clock.monotonicMs() - before, tickMs);
    const pressedBefore = pressed;
    pressed = pressedMs?.() ?? 0;
    const grace = Math.min(passed, graceMs, Math.max(0, pressed - pressedBefore));
    graceMs -= grace;
    lived += passed - grace;
  }
}
