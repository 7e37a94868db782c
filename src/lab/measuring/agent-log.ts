/** The agents' own event logs, read after a drill, and the two moments of them that a drill reports. */
import { popCommand } from '../kit-command.ts';
import type { Lab } from '../lab-runtime.ts';

/** As `anycast explain --json` prints it; only what is needed here. */
export interface AgentEvent {
  readonly kind: string;
  readonly monotonicMs: number;
  /** Of an `observed` event: announced or withdrawn. */
  readonly outcome?: string;
}

/** The event log of every PoP's agent, by PoP. */
export async function readAgentLogs(
  lab: Lab,
  pops: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly AgentEvent[]>> {
  const logs = pops.map(async pop => {
    const { stdout } = await lab.exec(pop, popCommand(lab.plan, pop, 'explain', '--json'), { signal });
    return [pop, (JSON.parse(stdout) as { events: AgentEvent[] }).events] as const;
  });
  return new Map(await Promise.all(logs));
}

/** The first state change of a check, or the operator's drain. */
export function isDetection({ kind }: AgentEvent): boolean {
  return kind === 'check-state' || kind === 'drain';
}

/** The agent has read back from its router that no service route is exported. */
export function isWithdrawal({ kind, outcome }: AgentEvent): boolean {
  return kind === 'observed' && outcome === 'withdrawn';
}
