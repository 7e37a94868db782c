/**
 * Withdraws every host route and sees to it that they stay away: apply -> observe, until told to stop.
 *
 * A failed apply is tried again with a growing pause. An accepted one is looked at in quick succession until the router is
 * seen to export the fallback and nothing else. After that the router is watched: an agent that was stopped in the
 * midst of an apply may finish it when it goes on, before it has heard that the routes are no longer its own.
 *
 * When it has returned there is no call under way any more: the routes may be given to somebody else.
 */
import type { RouteDriver } from '../routing/route-driver.ts';
import type { Clock } from '../system/clock.ts';
import { describeError, Fault } from '../system/fault.ts';
import { within } from '../system/within.ts';

/** Pauses before trying again: from the first, doubling to the second. */
const retryPauseMs = { first: 100, last: 5000 };
/** Pauses between looks at a router that has accepted: from the first, doubling to the second. */
const lookPauseMs = { first: 2, last: 100 };
/** An accepted withdrawal that does not show after this long is applied again. A router needs milliseconds. */
const showsWithinMs = 2000;
/** Milliseconds between looks once the routes are gone: how long a late apply of a woken agent can stand. */
const watchEveryMs = 250;
/** Milliseconds the router has for one call. */
const callTimeoutMs = 2000;

export interface WithdrawalParts {
  readonly driver: RouteDriver;
  /** Prefixes that stay, canonical text. */
  readonly fallback: ReadonlySet<string>;
  readonly clock: Clock;
  /** Whether to watch the router after the routes are gone, until the signal aborts. */
  readonly watch: boolean;
  onStep(step: WithdrawalStep): void;
}

export type WithdrawalStep =
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string; readonly retryMs: number }
  /** Accepted, but these prefixes are still exported. */
  | { readonly kind: 'not-seen'; readonly exported: readonly string[]; readonly retryMs: number }
  /** The router exports the fallback at most. */
  | { readonly kind: 'seen'; readonly tookMs: number }
  /** Seen gone before, and exported again: withdrawn once more. */
  | { readonly kind: 'came-back'; readonly exported: readonly string[] };

/** Returns when the signal aborts, or when the routes are gone and nobody shall watch. */
export async function withdrawAll(parts: WithdrawalParts, signal: AbortSignal): Promise<void> {
  try {
    do {
      await untilGone(parts, signal);
      if (parts.watch) parts.onStep({ kind: 'came-back', exported: await firstReturn(parts, signal) });
    } while (parts.watch);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function untilGone({ driver, clock, ...parts }: WithdrawalParts, signal: AbortSignal): Promise<void> {
  const startedMs = clock.monotonicMs();
  for (let retryMs = retryPauseMs.first; ; retryMs = Math.min(2 * retryMs, retryPauseMs.last)) {
    try {
      await within({ ms: callTimeoutMs, clock, signals: [signal] }, bound => driver.apply([], bound));
      const exported = await leftAfterApply({ driver, clock, ...parts }, signal);
      if (exported.length === 0) {
        parts.onStep({ kind: 'seen', tookMs: clock.monotonicMs() - startedMs });
        return;
      }
      parts.onStep({ kind: 'not-seen', exported, retryMs });
    } catch (error) {
      signal.throwIfAborted();
      const code = error instanceof Fault ? error.code : 'unexpected';
      parts.onStep({ kind: 'failed', code, detail: describeError(error), retryMs });
    }
    await clock.sleep(retryMs, signal);
  }
}

/** What is still exported some time after an accepted apply; nothing as soon as nothing is. */
async function leftAfterApply(parts: WithdrawalParts, signal: AbortSignal): Promise<readonly string[]> {
  const { clock } = parts;
  const deadlineMs = clock.monotonicMs() + showsWithinMs;
  for (let pauseMs = lookPauseMs.first; ; pauseMs = Math.min(2 * pauseMs, lookPauseMs.last)) {
    const exported = await exportedNow(parts, signal);
    if (exported.length === 0 || clock.monotonicMs() >= deadlineMs) return exported;
    await clock.sleep(pauseMs, signal);
  }
}

/** Waits until something is exported beside the fallback. A router that does not answer exports nothing new. */
async function firstReturn(parts: WithdrawalParts, signal: AbortSignal): Promise<readonly string[]> {
  for (;;) {
    await parts.clock.sleep(watchEveryMs, signal);
    const exported = await exportedNow(parts, signal).catch(() => []);
    if (exported.length > 0) return exported;
  }
}

async function exportedNow(
  { driver, clock, fallback }: WithdrawalParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const limits = { ms: callTimeoutMs, clock, signals: [signal] };
  const { exported } = await within(limits, bound => driver.observe(bound));
  return [...exported.keys()].filter(prefix => !fallback.has(prefix));
}
