/** `anycast lab`: an Internet small enough to break on purpose. Its verbs are the files of `lab/`, one line each here. */
import type { CommandKind } from './command.ts';
import { labComposeCommand } from './lab/compose.ts';
import { labDownCommand } from './lab/down.ts';
import { labExecCommand } from './lab/exec.ts';
import { labGraphCommand } from './lab/graph.ts';
import { labNodeCommand } from './lab/node.ts';
import { labStatusCommand } from './lab/status.ts';
import { labSuperviseCommand } from './lab/supervise.ts';
import { labUpCommand } from './lab/up.ts';

const verbs: readonly CommandKind[] = [
  labUpCommand,
  labStatusCommand,
  labExecCommand,
  labGraphCommand,
  labComposeCommand,
  labDownCommand,
  labNodeCommand,
  labSuperviseCommand,
];

export const labCommand: CommandKind = {
  name: 'lab',
  define(command, runs) {
    command
      .summary('bring a small Internet up around the PoPs, look at it, break it')
      .enablePositionalOptions();
    for (const verb of verbs) {
      verb.define(command.command(verb.name, { hidden: verb.hidden ?? false }), runs);
    }
  },
};
