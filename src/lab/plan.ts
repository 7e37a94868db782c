/**
 * The plan: a topology and a configuration resolved into what each node is made of, for any runtime to carry out.
 *
 * It is plain data (it crosses process boundaries as JSON) and knows neither namespaces nor containers: a runtime makes
 * the nodes and their interfaces, then each node is set up the same way everywhere (`node-setup.ts`): kernel settings,
 * addresses, routes, files, preparation, processes. `make-plan.ts` makes it; nothing changes it.
 */
import type { NetworkRole } from './topology.ts';

export type NodeRole = 'router' | 'pop' | 'client' | 'nameserver';

export interface InterfacePlan {
  /** Also the name of the node at the other end. */
  readonly name: string;
  readonly link: string;
  /** `address/length`, IPv4 then IPv6. */
  readonly addresses: readonly string[];
}

export interface RoutePlan {
  readonly to: string;
  readonly via: string;
}

export interface FilePlan {
  readonly path: string;
  readonly text: string;
}

/** How the lab knows that a process is ready; `later` leaves it to what the whole lab waits for (`Readiness`). */
export type ReadyPlan =
  | { readonly kind: 'bird'; readonly socket: string }
  | { readonly kind: 'dns'; readonly server: string; readonly zone: string }
  | { readonly kind: 'later' };

export interface ProcessPlan {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly ready: ReadyPlan;
  /** Programs that it starts itself and that a drill may want to signal, by the kernel's name for them. */
  readonly children: readonly string[];
}

export interface NodePlan {
  readonly name: string;
  readonly role: NodeRole;
  /** The network it is part of or connected to. */
  readonly network: string;
  readonly asn: number;
  readonly interfaces: readonly InterfacePlan[];
  /** Addresses on `lo` beside the kernel's own. */
  readonly loopback: readonly string[];
  readonly routes: readonly RoutePlan[];
  /** Kernel settings that must be there before the interfaces are. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Holds the files, sockets and logs of the node's processes, and is their working directory. */
  readonly runDirectory: string;
  readonly files: readonly FilePlan[];
  /** Programs run to their end, one after the other, before the processes start. */
  readonly prepare: readonly (readonly [string, ...string[]])[];
  readonly processes: readonly ProcessPlan[];
}

export interface LinkPlan {
  readonly name: string;
  /** A link is cut at its first end: the second then sees its carrier go, as with a cable, and keeps addresses and routes. */
  readonly ends: readonly [LinkEndPlan, LinkEndPlan];
  readonly delayMs: number;
  readonly mtu: number;
}

export interface LinkEndPlan {
  readonly node: string;
  readonly interface: string;
}

/** A BGP session as the router at its near end knows it. */
export interface SessionPlan {
  readonly node: string;
  readonly socket: string;
  readonly protocol: string;
}

/** A prefix that a PoP's neighbour must have from that PoP. */
export interface AnnouncementPlan extends SessionPlan {
  readonly pop: string;
  readonly prefix: string;
}

/** An answer that a client must get from the service address. */
export interface AnswerPlan {
  readonly client: string;
  readonly server: string;
  readonly name: string;
}

/** What must hold before the lab counts as up. */
export interface Readiness {
  readonly sessions: readonly SessionPlan[];
  readonly announcements: readonly AnnouncementPlan[];
  readonly answers: readonly AnswerPlan[];
}

export interface LabPlan {
  readonly topology: string;
  readonly nodes: readonly NodePlan[];
  readonly links: readonly LinkPlan[];
  readonly networks: Readonly<Record<string, { readonly role: NetworkRole; readonly asn: number }>>;
  readonly readiness: Readiness;
}
