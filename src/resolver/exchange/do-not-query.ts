/**
 * Addresses that nobody's name server has, or that lead back here: what a delegation's glue says is not to be trusted.
 *
 * A PoP that asked the service address would ask itself, or the PoP next door, for ever; one that asked 0.0.0.0 or the
 * loopback would ask whatever listens on its own machine (CVE-2026-50251). An operator may except prefixes, but never an
 * address that is the deployment's own.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import { type IpAddress, unmapped } from '../../ip/address.ts';
import { type IpPrefix, parseIpPrefix, prefixContains } from '../../ip/prefix.ts';

/** RFC 6890 and its registry: what can be no unicast server of somebody else's. */
const neverServers = [
  '0.0.0.0/8', // this network; Linux takes it for this machine
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and the limited broadcast
  '::/96', // unspecified, loopback, and the IPv4-compatible addresses
  '::ffff:0:0/96', // IPv4-mapped: would leave as IPv4, past the rules for IPv4
  'fe80::/10', // link-local
  'ff00::/8', // multicast
];

/** Verdicts remembered by address text: each question asks for those of all servers of a zone. Emptied when full. */
const rememberedServers = 16_384;

export interface DoNotQueryOptions {
  readonly own: readonly IpAddress[];
  /** More prefixes that are not asked. */
  readonly refused: readonly IpPrefix[];
  /** Exceptions to all but `own`. */
  readonly allowed: readonly IpPrefix[];
}

/** Gives the test. */
export function doNotQuery({ own, refused, allowed }: DoNotQueryOptions): (address: IpAddress) => boolean {
  const owned = new Set(own.map(({ text }) => text));
  const all = [...neverServers.flatMap(text => parseIpPrefix(text) ?? []), ...refused];
  const isRefused = (address: IpAddress): boolean => {
    if (owned.has(address.text) || owned.has(unmapped(address).text)) return true;
    const holds = (prefix: IpPrefix): boolean => prefixContains(prefix, address.octets);
    return all.some(holds) && !allowed.some(holds);
  };
  const known = new Map<string, boolean>();
  return address => {
    const before = known.get(address.text);
    if (before !== undefined) return before;
    if (known.size >= rememberedServers) known.clear();
    const isOne = isRefused(address);
    known.set(address.text, isOne);
    return isOne;
  };
}

/** The deployment's own are the service addresses and the management addresses of every PoP. */
export function doNotQueryOf({ config }: PopSlice): (address: IpAddress) => boolean {
  const { doNotQuery: refused, allowQuery: allowed } = config.resolver.recursion;
  const own = [...config.service.addresses, ...Object.values(config.pops).flatMap(pop => pop.management)];
  return doNotQuery({ own, refused, allowed });
}
