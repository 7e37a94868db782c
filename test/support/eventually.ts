/** Waiting for a claim to hold: polls, and fails with the last thing seen. */
import { setTimeout as delay } from 'node:timers/promises';

/** Gives the first result of `claim` that does not throw. After `within` ms it throws what the last try threw. */
export async function eventually<T>(
  claim: () => T | Promise<T>,
  { within = 5000, every = 20 } = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(
          `did not come true within ${within} ms; last: ${error instanceof Error ? error.message : error}`,
          {
            cause: error,
          },
        );
      }
      await delay(every);
    }
  }
}
