/** The registry of drills, in the order `anycast drill --list` shows them. A new drill is one file and one line. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import { popOf } from '../config/load-config.ts';
import { suggestion } from '../config/nearest.ts';
import { Fault } from '../system/fault.ts';
import type { Drill } from './drill.ts';
import { addressMissing } from './drills/address-missing.ts';
import { agentFrozen } from './drills/agent-frozen.ts';
import { agentKilled } from './drills/agent-killed.ts';
import { allPopsSick } from './drills/all-pops-sick.ts';
import { brownOut } from './drills/brown-out.ts';
import { drainLastPop } from './drills/drain-last-pop.ts';
import { flappingCheck } from './drills/flapping-check.ts';
import { gobgpdRestarted } from './drills/gobgpd-restarted.ts';
import { linkSwallowsPackets } from './drills/link-swallows-packets.ts';
import { managementPartition } from './drills/management-partition.ts';
import { plannedDrain } from './drills/planned-drain.ts';
import { reloadRefused } from './drills/reload-refused.ts';
import { resolverFrozen } from './drills/resolver-frozen.ts';
import { resolverKilled } from './drills/resolver-killed.ts';
import { routerFrozen } from './drills/router-frozen.ts';
import { routerKilled } from './drills/router-killed.ts';
import { sidecarKilled } from './drills/sidecar-killed.ts';
import { slowAnswers } from './drills/slow-answers.ts';
import { upstreamLostEverywhere } from './drills/upstream-lost-everywhere.ts';
import { upstreamLostHere } from './drills/upstream-lost-here.ts';

export const drills: readonly Drill[] = [
  // The resolver.
  resolverKilled,
  resolverFrozen,
  brownOut,
  slowAnswers,
  addressMissing,
  flappingCheck,
  // The router and its links.
  routerKilled,
  routerFrozen,
  sidecarKilled,
  gobgpdRestarted,
  linkSwallowsPackets,
  reloadRefused,
  // The agent.
  agentKilled,
  agentFrozen,
  // The operator.
  plannedDrain,
  drainLastPop,
  // What PoPs share.
  upstreamLostHere,
  upstreamLostEverywhere,
  managementPartition,
  allPopsSick,
];

/** @throws Fault `usage` when there is no drill of that name. */
export function drillOfName(name: string): Drill {
  const drill = drills.find(each => each.name === name);
  if (drill) return drill;
  const known = drills.map(each => each.name);
  throw new Fault('usage', `there is no drill '${name}'`, { hint: suggestion(name, known) });
}

/**
 * Where a drill is played: at the PoP that was asked for, or the first that has what it needs.
 * @throws Fault `usage` when that has not, or none has.
 */
export function popOfDrill(drill: Drill, config: AnycastConfig, asked?: string): string {
  const fit = Object.keys(config.pops).filter(name => isFit(drill, config, name));
  const [first] = fit;
  const pop = asked === undefined ? first : popOf(config, asked).name;
  if (pop !== undefined && fit.includes(pop)) return pop;
  const hint =
    fit.length > 0 ? `choose with --pop: ${fit.join(', ')}` : 'no PoP of the configuration has that';
  throw new Fault('usage', `${drill.name} needs ${drill.needs?.what ?? 'a PoP'}`, { hint });
}

function isFit({ needs }: Drill, config: AnycastConfig, name: string): boolean {
  const pop = config.pops[name];
  return pop !== undefined && (!needs || needs.has(pop, config));
}
