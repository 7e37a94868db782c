import type { Site } from './contender.ts';

/** How often a claim is looked at; it delays the next step, never a measured time. */
const lookMs = 50;

/** Waits until `claim` holds. Gives whether it did within `ms`. */
export async function comesTrue(
  ms: number,
  { clock, signal }: Pick<Site, 'clock' | 'signal'>,
  claim: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadline = clock.monotonicMs() + ms;
  while (!(await claim())) {
    if (clock.monotonicMs() > deadline) return false;
    await clock.sleep(lookMs, signal);
  }
  return true;
}
