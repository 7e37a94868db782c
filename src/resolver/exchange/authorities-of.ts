/** The authorities of a PoP, from its configuration: asked from its management addresses, never at the deployment's own. */
import { addressOf, type PopSlice } from '../../config/anycast-config.ts';
import type { IpAddress, IpFamily } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import { doNotQueryOf } from './do-not-query.ts';
import { NetworkAuthorities } from './network-authorities.ts';
import type { WireTaps } from './wire-tap.ts';

/** `port` is 53 everywhere but in tests. */
export function authoritiesOf(
  slice: PopSlice,
  { clock, port = 53, taps }: { clock: Clock; port?: number; taps?: WireTaps | undefined },
): NetworkAuthorities {
  const sources: Partial<Record<IpFamily, IpAddress>> = {};
  for (const family of [4, 6] as const) {
    const source = addressOf(slice.pop.management, family);
    if (source) sources[family] = source;
  }
  const { caseRandomisation, cookies: sendsCookies } = slice.config.resolver.recursion;
  return new NetworkAuthorities({
    clock,
    port,
    sources,
    caseRandomisation,
    sendsCookies,
    taps,
    isRefused: doNotQueryOf(slice),
  });
}
