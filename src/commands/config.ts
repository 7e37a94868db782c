/** `anycast config`: the configuration file, checked and taken over. Its verbs are the files of `config/`, one line each here. */
import type { CommandKind } from './command.ts';
import { configCheckCommand } from './config/check.ts';
import { configReloadCommand } from './config/reload.ts';

const verbs: readonly CommandKind[] = [configCheckCommand, configReloadCommand];

export const configCommand: CommandKind = {
  name: 'config',
  define(command, runs) {
    command.summary('check anycast.yaml, or have it taken over while queries go on');
    for (const verb of verbs) verb.define(command.command(verb.name), runs);
  },
};
