/** The agents' own event logs, read after a drill, and the two moments of them that a drill reports. */
import { Fault } from '../../system/fault.ts';
import { popCommand } from '../kit-command.ts';
import type { Lab } from '../lab-runtime.ts';

/** As `anycast explain --json` prints it; only what is needed here. */
export interface AgentEvent {
  readonly kind: string;
  readonly monotonicMs: number;
  /** Of `observed`: announced or withdrawn; of `address`: put, removed or failed; of `attribution`: here, everywhere, unknown. */
  readonly outcome?: string;
  /** Of `decision`: the prefixes that the PoP is to announce. */
  readonly announced?: readonly string[];
  /** For a person. */
  readonly detail?: string;
  /** Of `apply-failed`: a fault's code. */
  readonly code?: string;
  /** Of `session`. */
  readonly state?: string;
  /** Of `damping`. */
  readonly suppressed?: boolean;
  readonly untilMs?: number;
}

/** The event log of every PoP's agent, by PoP. @throws Fault `unreachable` when one does not answer. */
export async function readAgentLogs(
  lab: Lab,
  pops: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly AgentEvent[]>> {
  const logs = pops.map(async pop => {
    const argv = popCommand(lab.plan, pop, 'explain', '--json');
    const { exitCode, stdout, stderr } = await lab.exec(pop, argv, { signal });
    if (exitCode !== 0)
      throw new Fault('unreachable', `the agent of ${pop} does not answer: ${stderr.trim()}`);
    return [pop, (JSON.parse(stdout) as { events: AgentEvent[] }).events] as const;
  });
  return new Map(await Promise.all(logs));
}

/** The agent noticed: a check's state changed, its router or a session went away, an address did, or an operator spoke. */
export function isDetection({ kind, state }: AgentEvent): boolean {
  if (kind === 'session') return state !== 'established';
  return ['check-state', 'drain', 'address', 'observe-failed'].includes(kind);
}

/** The agent has read back from its router that no service route is exported. */
export function isWithdrawal({ kind, outcome }: AgentEvent): boolean {
  return kind === 'observed' && outcome === 'withdrawn';
}
