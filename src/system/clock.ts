/**
 * Time as a parameter. TTLs and log lines read the wall clock, timeouts and spans the monotonic one.
 *
 * The monotonic clock is CLOCK_MONOTONIC: every process of one machine, network namespaces and containers included,
 * reads the same one, which is what lets a drill subtract an agent's time from a prober's.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970, may step. */
  wallMs(): number;
  /** Milliseconds since boot, never steps back; fractional. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
