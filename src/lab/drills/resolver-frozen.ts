/** The resolver stops without dying: its sockets stay open and swallow what comes. */
import { commonClaims, gapWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { thaw } from '../faults/processes.ts';

/** Milliseconds; five missed heartbeats of 50 ms, and room for a busy machine. */
const boundMs = 500;

export const resolverFrozen = defineDrill({
  name: 'resolver-frozen',
  summary: 'SIGSTOP to the resolver of one PoP',
  inject: async ({ lab, pop }) => await lab.signalProcess(pop, 'resolver', 'SIGSTOP'),
  heal: async stage => await thaw(stage, 'resolver'),
  claims: outcome => [gapWithin(boundMs, outcome), ...commonClaims(outcome)],
});
