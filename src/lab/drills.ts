/** The registry of drills, in the order `anycast drill --list` shows them. A new drill is one file and one line. */
import { suggestion } from '../config/nearest.ts';
import { Fault } from '../system/fault.ts';
import type { Drill } from './drill.ts';
import { brownOut } from './drills/brown-out.ts';
import { plannedDrain } from './drills/planned-drain.ts';
import { resolverFrozen } from './drills/resolver-frozen.ts';
import { resolverKilled } from './drills/resolver-killed.ts';
import { slowAnswers } from './drills/slow-answers.ts';

export const drills: readonly Drill[] = [resolverKilled, resolverFrozen, brownOut, slowAnswers, plannedDrain];

/** @throws Fault `usage` when there is no drill of that name. */
export function drillOfName(name: string): Drill {
  const drill = drills.find(each => each.name === name);
  if (drill) return drill;
  const known = drills.map(each => each.name);
  throw new Fault('usage', `there is no drill '${name}'`, { hint: suggestion(name, known) });
}
