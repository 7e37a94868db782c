/** Every PoP but one is drained, and then someone drains that one too: refused, for nobody would be left. */
import { allReturn, nothingLost } from '../claims.ts';
import { type Claim, defineDrill, type Outcome } from '../drill.ts';

export const drainLastPop = defineDrill({
  name: 'drain-last-pop',
  summary: 'all PoPs but one are drained, then the last one too',
  everywhere: true,
  needs: { what: 'a service with other PoPs', has: (_, { pops }) => Object.keys(pops).length > 1 },
  inject: async ({ config, pop, command }) => {
    const others = Object.keys(config.pops).filter(name => name !== pop);
    // One after the other, as an operator would: each drain is judged by who is left.
    for (const other of others) await command(other, 'drain');
    await command(pop, 'drain');
  },
  isSeen: look => look.allServed(),
  heal: async ({ config, command }) => {
    await Promise.all(Object.keys(config.pops).map(async name => await command(name, 'undrain')));
  },
  claims: outcome => [...drainClaims(outcome), nothingLost(outcome), staysAlone(outcome), allReturn(outcome)],
});

function drainClaims({ commands, pop }: Outcome): Claim[] {
  const drains = commands.filter(({ command }) => command === 'drain');
  const others = drains.filter(each => each.pop !== pop);
  const last = drains.find(each => each.pop === pop);
  const codes = others.map(each => `${each.pop} ${each.exitCode}`).join(', ');
  return [
    {
      claim: 'the other PoPs are drained',
      ok: others.length > 0 && others.every(({ exitCode }) => exitCode === 0),
      observed: `exit codes: ${codes}`,
    },
    {
      claim: `the drain of ${pop} is refused with exit code 1 and a reason`,
      ok: last?.exitCode === 1 && last.said !== '',
      observed: `exit code ${last?.exitCode}: ${last?.said.split('\n')[0]}`,
    },
  ];
}

function staysAlone({ routes, catchment, pop }: Outcome): Claim {
  const served = Object.values(catchment.after).flatMap(({ v4, v6 }) =>
    [v4, v6].flatMap(entry => entry?.pop ?? []),
  );
  return {
    claim: `${pop} goes on announcing, and answers everyone`,
    ok: routes[pop]?.changes === 0 && served.length > 0 && served.every(name => name === pop),
    observed: `${routes[pop]?.changes} route changes; answers from ${[...new Set(served)].join(', ')}`,
  };
}
