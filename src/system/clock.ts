/**
 * Time as a parameter. TTLs and log lines read the wall clock, timeouts and spans the monotonic one.
 *
 * The monotonic clock is CLOCK_MONOTONIC: every process of one machine, network namespaces and containers included,
 * reads the same one, which is what lets a drill subtract an agent's time from a prober's.
 */
export interface Clock {
  /** Milliseconds since 1970, may step. */
  wallMs(): number;
  /** Milliseconds since boot, never steps back; fractional. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest span Node can wait: a timer beyond it fires after a millisecond. Some 24 days, longer than anyone waits here. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  // Two numbers cost about half of what a bigint does, and a query on its way reads the time often.
  monotonicMs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  // Not the sleep of node:timers/promises: that one makes an error with a stack for each abort, and the resolver aborts
  // one sleep per upstream query.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
        Math.min(ms, longestMs),
      );
      signal?.addEventListener('abort', giveUp, { once: true });
    }),
};
