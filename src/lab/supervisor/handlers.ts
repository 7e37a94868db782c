/** What the lab's control socket understands: the requests behind the methods of a Lab. */
import { suggestion } from '../../config/nearest.ts';
import type { ControlHandler } from '../../system/control-socket.ts';
import { Fault } from '../../system/fault.ts';
import type { LabStatus, LinkState, NodeStatus, ProcessSignal } from '../lab-runtime.ts';
import type { LabPlan, NodePlan } from '../plan.ts';
import { linkStates, setLinkState } from './network.ts';
import type { ProcessTable } from './process-table.ts';

/** A status as the sandbox sees it: pids are its own. */
export type SandboxStatus = Pick<LabStatus, 'nodes' | 'links'>;

const signals: readonly string[] = ['SIGTERM', 'SIGKILL', 'SIGSTOP', 'SIGCONT'] satisfies ProcessSignal[];

export function controlHandlers(
  plan: LabPlan,
  processes: ProcessTable,
): Readonly<Record<string, ControlHandler>> {
  const node = (name: unknown): string => known(name, plan.nodes, 'node').name;
  return {
    // Files are large and hold keys; who asks wants names and addresses.
    plan: () => ({ ...plan, nodes: plan.nodes.map(each => ({ ...each, files: [] })) }),
    status: () => status(plan, processes),
    'set-link': ({ link, state }) =>
      setLinkState(known(link, plan.links, 'link'), oneOf(state, ['up', 'down']) as LinkState),
    signal: args =>
      processes.signal(node(args.node), String(args.process), oneOf(args.signal, signals) as ProcessSignal),
    start: args => processes.start(node(args.node), String(args.process)),
  };
}

async function status(plan: LabPlan, processes: ProcessTable): Promise<SandboxStatus> {
  const [nodes, links] = await Promise.all([
    Promise.all(plan.nodes.map(node => nodeStatus(node, processes))),
    linkStates(plan),
  ]);
  return { nodes, links: [...links].map(([name, state]) => ({ name, state })) };
}

async function nodeStatus(node: NodePlan, processes: ProcessTable): Promise<NodeStatus> {
  const own = await processes.status(node.name);
  return {
    name: node.name,
    role: node.role,
    state: own.every(({ state }) => state === 'running') ? 'running' : 'degraded',
    addresses: [...node.loopback, ...node.interfaces.flatMap(({ addresses }) => addresses)].map(
      text => text.split('/')[0] ?? text,
    ),
    processes: own,
  };
}

function known<T extends { readonly name: string }>(name: unknown, among: readonly T[], what: string): T {
  const found = among.find(each => each.name === name);
  if (found) return found;
  throw new Fault('usage', `there is no ${what} '${name}'`, {
    hint: suggestion(
      String(name),
      among.map(each => each.name),
    ),
  });
}

function oneOf(value: unknown, known: readonly string[]): string {
  if (typeof value === 'string' && known.includes(value)) return value;
  throw new Fault('usage', `unknown value '${value}'`, { hint: `known: ${known.join(', ')}` });
}
