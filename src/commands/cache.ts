/** `anycast cache`: what this PoP's resolver remembers. Its verbs are the files of `cache/`, one line each here. */
import { cacheDumpCommand } from './cache/dump.ts';
import { cacheFlushCommand } from './cache/flush.ts';
import { cacheLoadCommand } from './cache/load.ts';
import type { CommandKind } from './command.ts';

const verbs: readonly CommandKind[] = [cacheDumpCommand, cacheLoadCommand, cacheFlushCommand];

export const cacheCommand: CommandKind = {
  name: 'cache',
  define(command, runs) {
    command.summary("write out, read in or empty the resolver's cache").enablePositionalOptions();
    for (const verb of verbs) verb.define(command.command(verb.name), runs);
  },
};
