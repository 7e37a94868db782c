/** One PoP alone no longer reaches the name servers, while its peers do: it withdraws, and only it. */
import { commonClaims, gapWithin, wroteDown } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { dropNothing } from '../faults/firewall.ts';
import { loseNameservers } from '../faults/nameservers.ts';

/** Milliseconds; failing probes, each waiting for a resolver that tries its upstreams, then one question to the peers. */
const boundMs = 5000;

export const upstreamLostHere = defineDrill({
  name: 'upstream-lost-here',
  summary: 'one PoP alone does not reach the name servers',
  inject: loseNameservers,
  heal: async stage => await dropNothing(stage, [stage.pop]),
  claims: outcome => [
    gapWithin(boundMs, outcome),
    wroteDown(
      'the agent finds out that the fault is here alone',
      event => event.kind === 'attribution' && event.outcome === 'here',
      { outcome },
    ),
    ...commonClaims(outcome),
  ],
});
