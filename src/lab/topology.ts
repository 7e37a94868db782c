/**
 * The contract of a lab topology: the Internet around the PoPs, as a person declares it.
 *
 * A topology names networks (autonomous systems of one router each), how they do business, where the PoPs of anycast.yaml
 * are connected, and the hosts: clients that ask and nameservers that know. It holds no address. Addresses follow from
 * each network's `index` n by one rule (`wiring.ts`):
 *
 *   block of network n        198.18.n.0/24                 2001:db8:n::/48
 *   its router's own          198.18.n.1                    2001:db8:n::1
 *   its link k, from 1        198.18.n.(4k)/30              2001:db8:n:k::/64
 *     the network's end         .4k+1                         ::1
 *     the other end             .4k+2                         ::2
 *
 * A network's links are numbered in this order: PoPs, hosts, customers, peers that name it first; each group as declared.
 * So anycast.yaml can name a PoP's addresses before any lab runs, and `topology-rules.ts` checks that it names these.
 *
 * Declared and resolved are two types: this one, and the plan (`plan.ts`) that a runtime carries out.
 */

/** What a network is to the others; it decides nothing (relations do) and tells the reader what to expect. */
export type NetworkRole = 'transit' | 'regional' | 'access' | 'hosting';

export interface Network {
  readonly role: NetworkRole;
  /** From the documentation or private ranges. */
  readonly asn: number;
  /** 1 to 255, unique: the n of the address rule. Its digits are used as they stand in IPv6 too: 10 gives 2001:db8:10::/48. */
  readonly index: number;
  /**
   * Its router shares flows among equally good paths by a hash of addresses and ports: for a site of several nodes, each
   * a PoP of anycast.yaml with a link to this network. Left out, one path is best, always the same.
   */
  readonly multipath?: boolean;
}

/** Milliseconds one way. Applied where the kernel has netem; elsewhere the lab says in one line that links have no delay. */
interface Delayed {
  readonly delayMs?: number;
}

/** Two networks' business. Gao-Rexford: routes of customers go to everyone, routes of peers and providers to customers only. */
export type Relation = Delayed &
  ({ readonly customer: string; readonly provider: string } | { readonly peers: readonly [string, string] });

/** A PoP of anycast.yaml and the networks it buys transit from. */
export interface PopSite extends Delayed {
  readonly providers: readonly [string, ...string[]];
}

export interface ClientSite extends Delayed {
  readonly network: string;
}

export interface NameserverSite extends Delayed {
  readonly network: string;
  /** Origins of the zones served here, each known to `zones.ts`. */
  readonly zones: readonly string[];
}

export interface Topology {
  readonly name: string;
  /** One line for `anycast lab up --help`. */
  readonly summary: string;
  readonly networks: Readonly<Record<string, Network>>;
  readonly relations: readonly Relation[];
  /** By the PoP's name in anycast.yaml. */
  readonly pops: Readonly<Record<string, PopSite>>;
  readonly clients: Readonly<Record<string, ClientSite>>;
  readonly nameservers: Readonly<Record<string, NameserverSite>>;
  /** The lab is up when every client has the A record of this name from the service address. */
  readonly readyName: string;
}

export function defineTopology(topology: Topology): Topology {
  return topology;
}
