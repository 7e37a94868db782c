/** `anycast lab exec NODE -- CMD`: runs a program in a node, on this terminal, and ends with its exit code. */
import type { CommandKind } from '../command.ts';
import { type LabOptions, labOptions, runningLab } from '../inputs/lab-options.ts';

export const labExecCommand: CommandKind = {
  name: 'exec',
  define(command, runs) {
    labOptions(command)
      .summary('run a program in a node')
      .argument('<node>', 'a node of the lab: anycast lab status lists them')
      .argument('<command...>', 'the program and its arguments, after --')
      .passThroughOptions()
      .addHelpText('after', '\nExample: anycast lab exec client-eu -- dig @203.0.113.53 CH TXT id.server')
      .action(runs(labExec));
  },
};

async function labExec(
  signal: AbortSignal,
  node: string,
  [program, ...args]: readonly [string, ...string[]],
  options: LabOptions,
): Promise<number> {
  const lab = await runningLab(options, signal);
  return await lab.enter(node, [program, ...args], signal);
}
