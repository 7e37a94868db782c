/** The local port a query leaves from. */
import type { Entropy } from './entropy.ts';

/** Ports above the well-known ones; the kernel's own choice would come from a range half as large. */
const firstPort = 1024;
const lastPort = 65_535;

/**
 * BFD's (RFC 5881 section 4, RFC 5883 section 5): BIRD binds them whenever it starts, and a query under way from one of
 * them would leave it without BFD.
 */
const avoidedPorts: ReadonlySet<number> = new Set([3784, 3785, 4784]);

/** The first drawn port that a query may leave from. */
export function queryPort(entropy: Pick<Entropy, 'below'>): number {
  let port = firstPort + entropy.below(lastPort - firstPort + 1);
  while (avoidedPorts.has(port)) port = firstPort + entropy.below(lastPort - firstPort + 1);
  return port;
}
