/** The router of a PoP stops without dying: its TCP connections stay, and only BFD notices before the hold time is over. */
import { commonClaims, gapWithin, goneWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { runsBfd } from '../faults/links.ts';
import { routerOf, thaw } from '../faults/processes.ts';

/** Milliseconds; BFD takes three intervals of 100 ms. */
const boundMs = 1000;

export const routerFrozen = defineDrill({
  name: 'router-frozen',
  summary: 'SIGSTOP to the router of one PoP',
  needs: runsBfd,
  inject: async stage => await stage.lab.signalProcess(stage.pop, routerOf(stage), 'SIGSTOP'),
  heal: async stage => await thaw(stage, routerOf(stage)),
  claims: outcome => [gapWithin(boundMs, outcome), goneWithin(boundMs, outcome), ...commonClaims(outcome)],
});
