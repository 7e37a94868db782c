/**
 * Time as this process has lived it: spans in which it was not given a processor, or was stopped, do not count.
 *
 * A span is cut into ticks. A tick that took much longer than asked says that we were away, not that the other side
 * was silent, so it is credited at most twice its length. After an absence the event loop so gets a turn to read what
 * arrived in the meantime before any deadline falls.
 */
import type { Clock } from '../system/clock.ts';

/** What a tick of `tickMs` counts for when `elapsedMs` went by on the clock. */
export function livedMs(elapsedMs: number, tickMs: number): number {
  return Math.min(elapsedMs, 2 * tickMs);
}

/** Ticks of one deadline; more would only cost wake-ups. */
const ticksOfDeadline = 5;

/** Resolves after `ms` of lived time. Throws the signal's reason when aborted. */
export async function sleepLived(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const tickMs = ms / ticksOfDeadline;
  for (let lived = 0; lived < ms; ) {
    const before = clock.monotonicMs();
    await clock.sleep(Math.min(tickMs, ms - lived), signal);
    lived += livedMs(clock.monotonicMs() - before, tickMs);
  }
}
