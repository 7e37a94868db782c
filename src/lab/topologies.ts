/** The registry of lab topologies; the first is what `anycast lab up` builds unless told. A new one is one file in `topologies/` and one line here. */
import { suggestion } from '../config/nearest.ts';
import { Fault } from '../system/fault.ts';
import { threeContinents } from './topologies/three-continents.ts';
import type { Topology } from './topology.ts';

export const topologies: readonly [Topology, ...Topology[]] = [threeContinents];

/** @throws Fault `usage` when there is none of that name. */
export function topologyNamed(name: string): Topology {
  const topology = topologies.find(each => each.name === name);
  if (topology) return topology;
  throw new Fault('usage', `there is no topology '${name}'`, {
    hint: suggestion(
      name,
      topologies.map(each => each.name),
    ),
  });
}
