/** The kit itself: agent, sidecar and BIRD as the lab runs them, with the checks of anycast.yaml. */
import { isDetection, readAgentLogs } from '../../../src/lab/measuring/agent-log.ts';
import type { Contender } from './contender.ts';

export const kit: Contender = {
  name: 'anycast',
  summary: 'agent and sidecar with the checks of anycast.yaml, as they stand',
  takeOver: async ({ lab, pop, signal }) => ({
    async downAt(fromMs) {
      const logs = await readAgentLogs(lab, [pop], signal);
      const events = logs.get(pop) ?? [];
      return events.find(event => event.monotonicMs > fromMs && isDetection(event))?.monotonicMs ?? null;
    },
    // The PoP is the kit's already, and stays it.
    [Symbol.asyncDispose]: async () => undefined,
  }),
};
