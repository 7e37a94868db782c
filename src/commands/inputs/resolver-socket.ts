/** The control socket of this machine's resolver, for the verbs that talk to it. */
import type { Command } from 'commander';
import type { ControlClient } from '../../system/control-socket.ts';
import { Fault } from '../../system/fault.ts';

export interface ResolverSocketOptions {
  readonly runDir: string;
}

/** Adds `--run-dir`. */
export function resolverSocketOption(command: Command): Command {
  return command.option(
    '--run-dir <dir>',
    'folder of the control sockets',
    process.env.ANYCAST_RUN_DIR ?? '/run/anycast',
  );
}

/** @throws Fault `unreachable` when no resolver is running. */
export async function connectResolver({ runDir }: ResolverSocketOptions): Promise<ControlClient> {
  const { connectControl } = await import('../../system/control-socket.ts');
  const path = `${runDir}/resolver.sock`;
  try {
    return await connectControl(path);
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== 'unreachable') throw cause;
    throw new Fault('unreachable', `no resolver is running: nobody listens on ${path}`, {
      hint: 'start it with anycast resolver, or name its folder with --run-dir',
      cause,
    });
  }
}
