/** The registry of CLI verbs, in the order `anycast --help` lists them. A new verb is one file here and one line. */
import type { CommandKind } from './command.ts';

export const commands: readonly CommandKind[] = [];
