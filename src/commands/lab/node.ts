/** `anycast lab node`: what a container of the lab runs. It sets the node up, then becomes the node's program. */
import { Fault } from '../../system/fault.ts';
import { type CommandKind, configOption } from '../command.ts';

interface NodeOptions {
  readonly config: string;
  readonly topology: string;
  readonly run?: string;
  readonly printPlan?: boolean;
}

export const labNodeCommand: CommandKind = {
  name: 'node',
  hidden: true,
  define(command, runs) {
    configOption(command)
      .summary('be one node of the lab (containers only)')
      .argument('[name]', 'which node')
      .option('--topology <name>', 'of which topology', 'three-continents')
      .option('--run <process>', 'then become this process of the node')
      .option('--print-plan', 'print the plan that all containers carry out')
      .action(runs(labNode));
  },
};

async function labNode(
  signal: AbortSignal,
  name: string | undefined,
  options: NodeOptions,
): Promise<undefined> {
  const { containerPlan } = await import('../inputs/container-plan.ts');
  const plan = await containerPlan(options.topology, options.config);
  if (options.printPlan) {
    const nodes = plan.nodes.map(node => ({ ...node, files: [] }));
    process.stdout.write(`${JSON.stringify({ ...plan, nodes })}\n`);
    return;
  }
  const node = plan.nodes.find(each => each.name === name);
  if (!node) throw new Fault('usage', `there is no node '${name}' in ${plan.topology}`);
  const program =
    options.run === undefined ? undefined : node.processes.find(each => each.name === options.run);
  if (options.run !== undefined && !program)
    throw new Fault('usage', `${name} has no process '${options.run}'`);
  const { setUpContainer } = await import('../../lab/compose/set-up-container.ts');
  await setUpContainer(plan, node, signal);
  const { becomeProgram } = await import('../../system/become.ts');
  await becomeProgram(program?.argv ?? ['sleep', 'infinity']);
}
