/** Links that swallow everything silently, and whether anybody would notice. */
import type { AnycastConfig, PopConfig } from '../../config/anycast-config.ts';
import type { Drill, Stage } from '../drill.ts';
import type { LinkPlan } from '../plan.ts';
import { dropArriving, dropNothing } from './firewall.ts';

/** What is silent is noticed by BFD; without it, only when the hold time is over. */
export const runsBfd: NonNullable<Drill['needs']> = {
  what: 'a PoP that runs BFD with all its neighbours',
  // GoBGP has no BFD before 4.6.
  has: ({ driver, neighbours }: PopConfig, { bgp }: AnycastConfig) =>
    driver === 'bird' && bgp.bfd !== 'off' && neighbours.every(({ bfd }) => bfd !== 'off'),
};

/** Drops whatever arrives over any link of the PoP, at both ends. */
export async function swallowLinks(stage: Stage): Promise<void> {
  const ends = linksOf(stage).flatMap(link => link.ends);
  const byNode = Map.groupBy(ends, end => end.node);
  await Promise.all(
    [...byNode].map(async ([node, own]) => {
      const matches = own.map(end => `iifname "${end.interface}"`);
      await dropArriving(stage, node, matches);
    }),
  );
}

export async function restoreLinks(stage: Stage): Promise<void> {
  const nodes = linksOf(stage).flatMap(link => link.ends.map(end => end.node));
  await dropNothing(stage, [...new Set(nodes)]);
}

function linksOf({ lab, pop }: Stage): LinkPlan[] {
  return lab.plan.links.filter(({ ends }) => ends.some(({ node }) => node === pop));
}
