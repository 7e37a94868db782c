/** The agent of a PoP stops without dying: its connections stay open, and only the lease says that it is no longer there. */
import { agentLossClaims } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { isAgentLossSeen } from '../faults/agent-loss.ts';
import { thaw } from '../faults/processes.ts';

/** Milliseconds on top of the lease. */
const marginMs = 500;

export const agentFrozen = defineDrill({
  name: 'agent-frozen',
  summary: 'SIGSTOP to the agent of one PoP: its lease runs out',
  inject: async ({ lab, pop }) => await lab.signalProcess(pop, 'agent', 'SIGSTOP'),
  isSeen: isAgentLossSeen,
  heal: async stage => await thaw(stage, 'agent'),
  claims: (outcome, config) => agentLossClaims(marginMs, outcome, config),
});
