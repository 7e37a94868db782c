/**
 * GoBGP's paths and our announcements, one made from the other. Pure.
 *
 * The next hop of a path of our own is left unspecified: GoBGP then puts its own address on each session, in IPv6 as in
 * IPv4. Prepends stand in the path's AS_PATH, and GoBGP adds our AS number once more when it sends it (RFC 4271 section
 * 5.1.2).
 */
import type { IpFamily } from '../../ip/address.ts';
import { type IpPrefix, parseIpPrefix } from '../../ip/prefix.ts';
import type { Announcement, RouteAttributes } from '../announcement.ts';

/** A path attribute, or an NLRI, with its kind in `@type`. */
export interface TypedMessage {
  readonly '@type': string;
  readonly [field: string]: unknown;
}

export interface GobgpPath {
  readonly nlri: TypedMessage;
  readonly pattrs: readonly TypedMessage[];
  readonly family: GobgpFamily;
  readonly is_withdraw: boolean;
  /** Whom it came from; for paths that came over gRPC no address. */
  readonly neighbor_ip: string;
  /** What sets paths to one prefix from one source apart: all zero or unset in ours. */
  readonly source_asn: number;
  readonly source_id: string;
  readonly identifier: number;
}

export interface GobgpFamily {
  readonly afi: 'AFI_IP' | 'AFI_IP6';
  readonly safi: 'SAFI_UNICAST';
}

export function gobgpFamily(family: IpFamily): GobgpFamily {
  return { afi: family === 4 ? 'AFI_IP' : 'AFI_IP6', safi: 'SAFI_UNICAST' };
}

/** The path that announces it, for a router of AS `asn`. */
export function pathOf(announcement: Announcement, asn: number): GobgpPath {
  const { prefix } = announcement;
  const family = gobgpFamily(prefix.family);
  const [address = ''] = prefix.text.split('/');
  const nlri = message('IPAddressPrefix', { prefix: address, prefix_len: prefix.length });
  return {
    nlri,
    pattrs: [...attributes(announcement, asn), nextHop(prefix, nlri)],
    family,
    is_withdraw: false,
    neighbor_ip: '',
    source_asn: 0,
    source_id: '',
    identifier: 0,
  };
}

function attributes({ communities, largeCommunities, prepend, med }: Announcement, asn: number) {
  const segment = { type: 'AS_SEQUENCE', numbers: Array<number>(prepend).fill(asn) };
  const large = largeCommunities.map(([admin, first, second]) => ({
    global_admin: admin,
    local_data1: first,
    local_data2: second,
  }));
  return [
    // 0 is IGP: the route is ours.
    message('OriginAttribute', { origin: 0 }),
    ...(prepend > 0 ? [message('AsPathAttribute', { segments: [segment] })] : []),
    ...(med === undefined ? [] : [message('MultiExitDiscAttribute', { med })]),
    ...(communities.length === 0
      ? []
      : [message('CommunitiesAttribute', { communities: communities.map(number32) })]),
    ...(large.length === 0 ? [] : [message('LargeCommunitiesAttribute', { communities: large })]),
  ];
}

function nextHop({ family }: IpPrefix, nlri: TypedMessage): TypedMessage {
  return family === 4
    ? message('NextHopAttribute', { next_hop: '0.0.0.0' })
    : message('MpReachNLRIAttribute', { family: gobgpFamily(6), next_hops: ['::'], nlris: [nlri] });
}

/** The prefix that a path leads to; undefined when it is none of IP. */
export function prefixOf({ nlri }: GobgpPath): IpPrefix | undefined {
  return parseIpPrefix(`${nlri.prefix}/${nlri.prefix_len}`);
}

/** What a path says beside its prefix, as it is sent: `asn` once is the one that BGP adds. */
export function sentAttributes({ pattrs }: GobgpPath, asn: number): RouteAttributes {
  const field = <T>(kind: string, name: string): T | undefined =>
    pattrs.find(each => each['@type'] === typeName(kind))?.[name] as T | undefined;
  const segments = field<{ numbers: number[] }[]>('AsPathAttribute', 'segments') ?? [];
  const copies = segments.flatMap(({ numbers }) => numbers).filter(number => number === asn).length;
  const large = field<LargeCommunity[]>('LargeCommunitiesAttribute', 'communities') ?? [];
  const med = field<number>('MultiExitDiscAttribute', 'med');
  return {
    communities: (field<number[]>('CommunitiesAttribute', 'communities') ?? []).map(pairOf),
    largeCommunities: large.map(each => [each.global_admin, each.local_data1, each.local_data2]),
    prepend: Math.max(0, copies - 1),
    ...(med !== undefined && { med }),
  };
}

interface LargeCommunity {
  readonly global_admin: number;
  readonly local_data1: number;
  readonly local_data2: number;
}

/** Whether it came over gRPC, from us or anybody, and not from a neighbour. */
export function isLocal({ neighbor_ip }: GobgpPath): boolean {
  return !/^[\da-f:.]+$/i.test(neighbor_ip);
}

/** Equal for paths of which GoBGP keeps only the last: to one prefix, from one source. */
export function slotKey({ nlri, source_asn, source_id, identifier }: GobgpPath): string {
  const isNobody = source_asn === 0 && !/^[\d.]+$/.test(source_id);
  return JSON.stringify([canonical(nlri), isNobody ? '' : `${source_asn} ${source_id}`, identifier]);
}

/** Equal for paths that are alike in all respects, whatever the order of their attributes. */
export function pathKey(path: GobgpPath): string {
  return JSON.stringify([slotKey(path), path.pattrs.map(canonical).sort()]);
}

/** As text, with keys and lists in an order of their own: none of the lists that we write means anything by its order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const entries = Object.entries(value).map(([key, each]) => `${key}:${canonical(each)}`);
  return `{${entries.sort().join()}}`;
}

function message(kind: string, fields: Readonly<Record<string, unknown>>): TypedMessage {
  return { '@type': typeName(kind), ...fields };
}

function typeName(kind: string): string {
  return `type.googleapis.com/apipb.${kind}`;
}

function number32([asn, value]: readonly [number, number]): number {
  return asn * 0x1_0000 + value;
}

function pairOf(community: number): readonly [number, number] {
  return [Math.floor(community / 0x1_0000), community % 0x1_0000];
}
