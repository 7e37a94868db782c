/** What every planner looks at, and the questions that several of them ask of it. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import { Fault } from '../system/fault.ts';
import type { InterfacePlan } from './plan.ts';
import type { Topology } from './topology.ts';
import { type Link, linkPrefixes } from './wiring.ts';

/** What a plan needs to know of the machine it is for. */
export interface PlanSettings {
  /** Node's folder of files, sockets and logs is `${runRoot}/${node}`. */
  readonly runRoot: string;
  /** The command that is `anycast` there, e.g. node and main.ts. */
  readonly anycast: readonly [string, ...string[]];
  /** Where the PoPs' processes find the configuration. */
  readonly configPath: string;
  /** Where the routers find `bird-configs/transit`. */
  readonly birdConfigs: string;
  /** The zones' keys are derived from it: equal seeds give equal keys on machines that share nothing. */
  readonly seed: string;
}

/** Everything a node's planner looks at. */
export interface PlanContext {
  readonly topology: Topology;
  readonly config: AnycastConfig;
  readonly settings: PlanSettings;
  readonly links: readonly Link[];
}

/** The interfaces of a node, in the order of the links. */
export function interfacesOf(node: string, { links }: PlanContext): InterfacePlan[] {
  return links.flatMap(link =>
    [link.near, link.far]
      .filter(end => end.node === node)
      .map(end => ({ name: end.interface, link: link.name, addresses: linkPrefixes(end) })),
  );
}

export function runDirectoryOf(node: string, { settings }: PlanContext): string {
  return `${settings.runRoot}/${node}`;
}

/** The address families in which BGP runs over a link: between networks both, with a PoP those it is configured for. */
export function familiesOf(link: Link, { config }: PlanContext): readonly (4 | 6)[] {
  if (link.kind === 'host') return [];
  if (link.kind !== 'pop') return [4, 6];
  const neighbours = config.pops[link.far.node]?.neighbours ?? [];
  const neighbour = neighbours.find(({ name }) => name === link.near.node);
  return neighbour?.sessions.map(({ local }) => local.family) ?? [];
}

/** The network and AS that a host or PoP is connected to first. */
export function homeOf(node: string, { topology, links }: PlanContext): { network: string; asn: number } {
  const network = links.find(({ far }) => far.node === node)?.near.node ?? '';
  const asn = topology.networks[network]?.asn;
  if (asn === undefined) throw new Fault('internal', `${node} is connected to no network`);
  return { network, asn };
}
