/**
 * The contract of a lab zone: an origin, and the records below it as zone file text.
 *
 * SOA, NS, the addresses of nameservers and the delegations follow from which nameserver serves which zone; a zone's own
 * file says only what is particular to it. Content uses documentation addresses that no node has.
 */
export interface ZoneKind {
  /** With the final dot. */
  readonly origin: string;
  /** Seconds; also the TTL of negative answers (RFC 2308). */
  readonly ttl: number;
  /** `signed`: with a key of its own, vouched for by the zone above. `broken`: signed, then changed. */
  readonly dnssec: 'none' | 'signed' | 'broken';
  /** Zone file lines, names relative to the origin. */
  records(): readonly string[];
}

export function defineZone(zone: ZoneKind): ZoneKind {
  return zone;
}
