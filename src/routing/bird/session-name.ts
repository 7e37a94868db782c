/** A session's name in BIRD and back: neighbour `isp-eu` over IPv4 is the protocol `isp_eu_v4`, as a symbol has no hyphen. */
import type { IpFamily } from '../../ip/address.ts';

export interface SessionName {
  readonly neighbour: string;
  readonly family: IpFamily;
}

export function protocolName({ neighbour, family }: SessionName): string {
  return `${neighbour.replaceAll('-', '_')}_v${family}`;
}

/** The session that BIRD's protocol `name` is; a neighbour's name in anycast.yaml has no underscore, so nothing is lost. */
export function sessionOf(name: string): SessionName {
  return {
    neighbour: name.replace(/_v[46]$/, '').replaceAll('_', '-'),
    family: name.endsWith('_v6') ? 6 : 4,
  };
}
