/** The links of a topology with their numbers, names and addresses: the address rule of `topology.ts`, carried out. */
import { type IpAddress, parseIpAddress } from '../ip/address.ts';
import { type IpPrefix, parseIpPrefix } from '../ip/prefix.ts';
import { Fault } from '../system/fault.ts';
import type { Network, Topology } from './topology.ts';

/** One end of a link: an interface of a node. */
export interface LinkEnd {
  readonly node: string;
  /** Named after the node at the other end. */
  readonly interface: string;
  readonly v4: IpAddress;
  readonly v6: IpAddress;
}

export interface Link {
  /** `near--far`, e.g. `isp-eu--fra`. */
  readonly name: string;
  readonly kind: 'pop' | 'host' | 'customer' | 'peer';
  /** The network whose block the addresses come from: the provider, or the peer named first. */
  readonly near: LinkEnd;
  readonly far: LinkEnd;
  readonly delayMs: number;
}

export interface Block {
  readonly v4: IpPrefix;
  readonly v6: IpPrefix;
  /** The router's own addresses, on its loopback; the IPv4 one is its router id. */
  readonly router4: IpAddress;
  readonly router6: IpAddress;
}

/** Octets of link addresses in each link of the IPv4 block. */
const linkLengthV4 = 30;
const linkLengthV6 = 64;

/** /30s of a /24, less the first one, which holds the router's own address. */
export const linksPerNetwork = 63;

/** A link end's addresses as the kernel takes them. */
export function linkPrefixes(end: LinkEnd): readonly [string, string] {
  return [`${end.v4.text}/${linkLengthV4}`, `${end.v6.text}/${linkLengthV6}`];
}

export function blockOf({ index }: Pick<Network, 'index'>): Block {
  return {
    v4: prefix(`198.18.${index}.0/24`),
    v6: prefix(`2001:db8:${index}::/48`),
    router4: address(`198.18.${index}.1`),
    router6: address(`2001:db8:${index}::1`),
  };
}

/** All links in the order of their numbers. Names must be known and blocks large enough: `topology-rules.ts` has checked. */
export function wire(topology: Topology): Link[] {
  const counts = new Map<string, number>();
  return declaredLinks(topology).map(({ near, far, kind, delayMs }) => {
    const number = (counts.get(near) ?? 0) + 1;
    counts.set(near, number);
    const network = topology.networks[near];
    if (!network) throw new Fault('internal', `link ${near}--${far} begins at no network`);
    const v4 = (host: number): IpAddress => address(`198.18.${network.index}.${4 * number + host}`);
    const v6 = (host: number): IpAddress => address(`2001:db8:${network.index}:${number}::${host}`);
    return {
      name: `${near}--${far}`,
      kind,
      near: { node: near, interface: far, v4: v4(1), v6: v6(1) },
      far: { node: far, interface: near, v4: v4(2), v6: v6(2) },
      delayMs: delayMs ?? 0,
    };
  });
}

export interface DeclaredLink {
  readonly near: string;
  readonly far: string;
  readonly kind: Link['kind'];
  readonly delayMs?: number;
}

/** The links as declared, in the order in which they are numbered. */
export function declaredLinks(topology: Topology): DeclaredLink[] {
  const pops = Object.entries(topology.pops).flatMap(([far, { providers, ...rest }]) =>
    providers.map(near => ({ near, far, kind: 'pop' as const, ...rest })),
  );
  const hosts = Object.entries({ ...topology.clients, ...topology.nameservers }).map(([far, site]) => ({
    near: site.network,
    far,
    kind: 'host' as const,
    ...(site.delayMs !== undefined && { delayMs: site.delayMs }),
  }));
  const relations = topology.relations.map(relation => {
    const delay = relation.delayMs === undefined ? {} : { delayMs: relation.delayMs };
    if ('peers' in relation)
      return { near: relation.peers[0], far: relation.peers[1], kind: 'peer' as const, ...delay };
    return { near: relation.provider, far: relation.customer, kind: 'customer' as const, ...delay };
  });
  const customers = relations.filter(link => link.kind === 'customer');
  const peers = relations.filter(link => link.kind === 'peer');
  return [...pops, ...hosts, ...customers, ...peers];
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (!parsed) throw new Fault('internal', `${text} is not an address`);
  return parsed;
}

function prefix(text: string): IpPrefix {
  const parsed = parseIpPrefix(text);
  if (!parsed) throw new Fault('internal', `${text} is not a prefix`);
  return parsed;
}
