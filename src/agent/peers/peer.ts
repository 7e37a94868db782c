/** The other PoPs of the deployment, as an agent can ask them: over their management addresses and nothing else. */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { PeerTarget } from '../../health/health-check.ts';

/** In the order of anycast.yaml, which is the same at every PoP and settles ties. */
export function peersOf({ name, config }: PopSlice): readonly PeerTarget[] {
  return Object.entries(config.pops)
    .filter(([pop]) => pop !== name)
    .map(([pop, { management }]) => ({ pop, managementAddresses: management }));
}
