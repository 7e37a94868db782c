/** When the loss of an agent has been looked at for long enough. */
import type { Look } from '../drill.ts';

/** Milliseconds beyond the lease in which a sidecar that shall hold could still do otherwise. */
const holdsMs = 1000;

export function isAgentLossSeen({ config: { lease }, elapsedMs, allMoved }: Look): boolean {
  return lease.onAgentLoss === 'hold' ? elapsedMs > lease.duration + holdsMs : allMoved();
}
