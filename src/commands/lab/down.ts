/** `anycast lab down`: ends the lab and says what it ended. When none runs there is nothing to do, and that is fine. */
import type { CommandKind } from '../command.ts';
import { findLab, type LabOptions, labOptions } from '../inputs/lab-options.ts';

export const labDownCommand: CommandKind = {
  name: 'down',
  define(command, runs) {
    labOptions(command).summary('end the lab; nothing of it stays').action(runs(labDown));
  },
};

async function labDown(signal: AbortSignal, options: LabOptions): Promise<undefined> {
  const lab = await findLab(options, signal);
  if (!lab) {
    process.stdout.write(`no lab '${options.lab}' is running\n`);
    return undefined;
  }
  const processes = lab.plan.nodes.flatMap(node => node.processes);
  await lab.down();
  process.stdout.write(
    `the lab '${lab.name}' (${lab.plan.topology}) is down: ${lab.plan.nodes.length} nodes, ${lab.plan.links.length} links and ${processes.length} processes ended\n`,
  );
  return undefined;
}
