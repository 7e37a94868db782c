/** `anycast lab supervise`: the lab itself, from the inside. Started by `anycast lab up`, and hidden from the help. */
import type { CommandKind } from '../command.ts';

export const labSuperviseCommand: CommandKind = {
  name: 'supervise',
  hidden: true,
  define(command, runs) {
    // The name is for whoever looks at the process list: `sandbox/find.ts` does.
    command.requiredOption('--lab <name>', "the lab's name").action(runs(labSupervise));
  },
};

async function labSupervise(signal: AbortSignal): Promise<number> {
  const { supervise } = await import('../../lab/supervisor/supervise.ts');
  return await supervise(signal);
}
