/** Waiting for a claim about a lab to hold, in bounded time. */
import type { Clock } from '../system/clock.ts';

/** Milliseconds between looks; they delay the next step, never a measured time. */
const lookMs = 50;

/** Waits until `claim` holds. Gives whether it did within `ms`. Throws the signal's reason. */
export async function comesTrue(
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  claim: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadline = clock.monotonicMs() + ms;
  while (!(await claim())) {
    if (clock.monotonicMs() > deadline) return false;
    await clock.sleep(lookMs, signal);
  }
  return true;
}
