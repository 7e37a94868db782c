/** The router of a PoP is gone from one moment to the next: its sidecar ends with it, and its sessions close. */
import { commonClaims, gapWithin, goneWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { restartSidecar, routerOf } from '../faults/processes.ts';

/** Milliseconds; the kernel closes the router's TCP connections, and the neighbour withdraws at once. */
const boundMs = 1000;

export const routerKilled = defineDrill({
  name: 'router-killed',
  summary: 'SIGKILL to the router of one PoP',
  inject: async stage => await stage.lab.signalProcess(stage.pop, routerOf(stage), 'SIGKILL'),
  heal: restartSidecar,
  claims: outcome => [gapWithin(boundMs, outcome), goneWithin(boundMs, outcome), ...commonClaims(outcome)],
});
