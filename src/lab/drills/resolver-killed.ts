/** The resolver is gone from one moment to the next, as after a crash or the kernel's out-of-memory killer. */
import { commonClaims, gapWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { ensureStarted } from '../faults/processes.ts';

/** Milliseconds; detection is a closing socket, so what remains is one BIRD reconfiguration and BGP over a few hops. */
const boundMs = 50;

export const resolverKilled = defineDrill({
  name: 'resolver-killed',
  summary: 'SIGKILL to the resolver of one PoP',
  inject: async ({ lab, pop }) => await lab.signalProcess(pop, 'resolver', 'SIGKILL'),
  heal: async stage => await ensureStarted(stage, stage.pop, 'resolver'),
  claims: outcome => [gapWithin(boundMs, outcome), ...commonClaims(outcome)],
});
