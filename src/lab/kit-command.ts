/** How the kit's own command line is called inside a node: as the plan calls it for the PoPs' agents. */
import { Fault } from '../system/fault.ts';
import type { LabPlan, ProcessPlan } from './plan.ts';

/** `anycast ARGS` in any node. */
export function kitCommand(plan: LabPlan, ...args: readonly string[]): [string, ...string[]] {
  const { argv } = agentOf(plan, plan.nodes.find(node => node.role === 'pop')?.name ?? '');
  return [argv[0], ...argv.slice(1, argv.indexOf('agent')), ...args];
}

/** `anycast VERB ...` for one PoP, with its configuration and run directory. */
export function popCommand(plan: LabPlan, pop: string, ...verb: readonly string[]): [string, ...string[]] {
  const { argv } = agentOf(plan, pop);
  return kitCommand(plan, ...verb, ...argv.slice(argv.indexOf('agent') + 1));
}

function agentOf(plan: LabPlan, pop: string): ProcessPlan {
  const node = plan.nodes.find(({ name }) => name === pop);
  const agent = node?.processes.find(({ name }) => name === 'agent');
  if (!agent) throw new Fault('internal', `the plan has no agent at '${pop}'`);
  return agent;
}
