/**
 * The contract of a CLI verb: one file in this folder, one line in `src/main.ts`.
 *
 * A command file declares its arguments with commander and imports what it runs only inside the action, so that
 * `anycast --help` and every short-lived verb stay quick. An action returns the exit code (0 when it returns nothing)
 * and throws Fault for what went wrong; only main.ts prints faults and ends the process.
 */
import type { Command } from 'commander';

export interface CommandKind {
  /** The verb, e.g. `status`. */
  readonly name: string;
  /** Left out of `--help`: a verb that only the kit itself runs. */
  readonly hidden?: boolean;
  /** Adds summary, options and the action (through `runs`) to `command`. */
  define(command: Command, runs: RunsAction): void;
}

/** Wraps an action so that its exit code and faults reach main.ts. The signal aborts on SIGINT and SIGTERM. */
export type RunsAction = <Args extends unknown[]>(
  action: (signal: AbortSignal, ...args: Args) => Promise<number | undefined>,
) => (...args: Args) => Promise<void>;

/** Options of every verb that runs at a PoP or talks to one. */
export interface PopOptions {
  readonly config: string;
  readonly pop: string;
  readonly runDir: string;
}

/** Adds `--config`. */
export function configOption(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'the deployment',
    process.env.ANYCAST_CONFIG ?? 'anycast.yaml',
  );
}

/** Adds `--config`, `--pop` and `--run-dir`. */
export function popOptions(command: Command): Command {
  return configOption(command)
    .requiredOption('-p, --pop <name>', 'which PoP this is', process.env.ANYCAST_POP)
    .option(
      '--run-dir <dir>',
      'folder of the control sockets',
      process.env.ANYCAST_RUN_DIR ?? '/run/anycast',
    );
}
