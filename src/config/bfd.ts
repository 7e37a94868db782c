/** Where BFD is spoken: `bgp.bfd`, but for PoPs whose router has none and neighbours that have none. */
import type { AnycastConfig, BgpConfig, NeighbourConfig, PopConfig } from './anycast-config.ts';

/** Drivers whose router has no BFD: GoBGP got it with 4.6, and Debian 12 has 3.10. */
const driversWithoutBfd: readonly string[] = ['gobgp'];

/** BFD between a PoP and one of its neighbours, the same seen from either side. */
export function bfdBetween(
  { driver }: PopConfig,
  neighbour: NeighbourConfig,
  { bgp }: Pick<AnycastConfig, 'bgp'>,
): BgpConfig['bfd'] {
  return driversWithoutBfd.includes(driver) || neighbour.bfd === 'off' ? 'off' : bgp.bfd;
}
