/** The agent of a PoP is gone: nobody watches the service any more, and the sidecar knows it when the lease runs out. */
import { agentLossClaims } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { isAgentLossSeen } from '../faults/agent-loss.ts';
import { ensureStarted } from '../faults/processes.ts';

/** Milliseconds on top of the lease. */
const marginMs = 500;

export const agentKilled = defineDrill({
  name: 'agent-killed',
  summary: 'SIGKILL to the agent of one PoP: its lease runs out',
  inject: async ({ lab, pop }) => await lab.signalProcess(pop, 'agent', 'SIGKILL'),
  isSeen: isAgentLossSeen,
  heal: async stage => await ensureStarted(stage, stage.pop, 'agent'),
  claims: (outcome, config) => agentLossClaims(marginMs, outcome, config),
});
