/** An announcement: a prefix with its attributes, as a value. */
import type { IpPrefix } from '../ip/prefix.ts';

export interface Announcement {
  readonly prefix: IpPrefix;
  /** RFC 1997 communities as `asn:value` pairs. */
  readonly communities: readonly (readonly [asn: number, value: number])[];
  /** How many times our own AS number is prepended beyond the one that BGP adds. */
  readonly prepend: number;
  /** MULTI_EXIT_DISC; none unless given. */
  readonly med?: number;
}

/** The announcement of a prefix with no attributes of our own. */
export function plainAnnouncement(prefix: IpPrefix): Announcement {
  return { prefix, communities: [], prepend: 0 };
}
