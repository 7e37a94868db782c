/** The authorities of a PoP, from its configuration: asked from its management addresses, never at the deployment's own. */
import { addressOf, type PopSlice } from '../../config/anycast-config.ts';
import type { IpAddress, IpFamily } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import { doNotQueryOf } from './do-not-query.ts';
import { NetworkAuthorities, type NetworkAuthoritiesOptions } from './network-authorities.ts';

/** `port` is 53 everywhere but in tests. */
export function authoritiesOf(
  slice: PopSlice,
  {
    port = 53,
    ...given
  }: { clock: Clock; port?: number } & Pick<NetworkAuthoritiesOptions, 'taps' | 'limits' | 'transports'>,
): NetworkAuthorities {
  const sources: Partial<Record<IpFamily, IpAddress>> = {};
  for (const family of [4, 6] as const) {
    const source = addressOf(slice.pop.management, family);
    if (source) sources[family] = source;
  }
  const { caseRandomisation, cookies: sendsCookies } = slice.config.resolver.recursion;
  return new NetworkAuthorities({
    ...given,
    port,
    sources,
    caseRandomisation,
    sendsCookies,
    isRefused: doNotQueryOf(slice),
  });
}
