/** The sidecar of a PoP is gone, and its router with it: a router that nobody guards must announce nothing. */
import { commonClaims, gapWithin, goneWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { restartSidecar } from '../faults/processes.ts';

/** Milliseconds; the kernel kills the router when its parent dies (prctl(2), PR_SET_PDEATHSIG). */
const boundMs = 1000;

export const sidecarKilled = defineDrill({
  name: 'sidecar-killed',
  summary: 'SIGKILL to the sidecar of one PoP',
  inject: async ({ lab, pop }) => await lab.signalProcess(pop, 'sidecar', 'SIGKILL'),
  heal: restartSidecar,
  claims: outcome => [gapWithin(boundMs, outcome), goneWithin(boundMs, outcome), ...commonClaims(outcome)],
});
