/** An announcement: a prefix with its attributes, as a value. */
import type { IpPrefix } from '../ip/prefix.ts';

/** What an announcement says beside its prefix. */
export interface RouteAttributes {
  /** RFC 1997 communities as `asn:value` pairs. */
  readonly communities: readonly (readonly [asn: number, value: number])[];
  /** RFC 8092 large communities: global administrator (an AS number) and two parts of its own, 4 octets each. */
  readonly largeCommunities: readonly (readonly [asn: number, first: number, second: number])[];
  /** How many times our own AS number is prepended beyond the one that BGP adds. */
  readonly prepend: number;
  /** MULTI_EXIT_DISC; none unless given. */
  readonly med?: number;
}

export interface Announcement extends RouteAttributes {
  readonly prefix: IpPrefix;
}

export const noAttributes: RouteAttributes = { communities: [], largeCommunities: [], prepend: 0 };

/** GRACEFUL_SHUTDOWN (RFC 8326): whoever honours it prefers every other path before this one goes. */
export const gracefulShutdown = [65_535, 0] as const;

/** The announcement of a prefix with no attributes of our own. */
export function plainAnnouncement(prefix: IpPrefix): Announcement {
  return { prefix, ...noAttributes };
}

/** Both sets of attributes on one route: communities and prepends add up, the second MED counts. */
export function withAttributes<T extends RouteAttributes>(route: T, more: RouteAttributes): T {
  return {
    ...route,
    communities: union(route.communities, more.communities),
    largeCommunities: union(route.largeCommunities, more.largeCommunities),
    prepend: route.prepend + more.prepend,
    ...(more.med !== undefined && { med: more.med }),
  };
}

/** Equal attributes give equal text, whatever the order of their communities. */
export function attributesKey({ communities, largeCommunities, prepend, med }: RouteAttributes): string {
  const sorted = (all: readonly (readonly number[])[]): string[] => all.map(each => each.join(':')).sort();
  return JSON.stringify([sorted(communities), sorted(largeCommunities), prepend, med ?? null]);
}

/** Attributes for a person, as `prepend 3, MED 100, community 65535:0`; empty when there are none. */
export function attributesText({ communities, largeCommunities, prepend, med }: RouteAttributes): string {
  const all = [...communities, ...largeCommunities].map(each => `community ${each.join(':')}`);
  return [
    ...(prepend > 0 ? [`prepend ${prepend}`] : []),
    ...(med === undefined ? [] : [`MED ${med}`]),
    ...all,
  ].join(', ');
}

function union<T extends readonly number[]>(some: readonly T[], more: readonly T[]): readonly T[] {
  const known = new Set(some.map(each => each.join(':')));
  return [...some, ...more.filter(each => !known.has(each.join(':')))];
}
