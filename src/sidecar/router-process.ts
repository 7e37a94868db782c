/** A child process that cannot outlive us, its output read line by line. */
import { spawn } from 'node:child_process';
import { Fault } from '../system/fault.ts';
import { onLines } from '../system/lines.ts';

export interface RouterProcess extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process is gone, with what became of it: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
  /** Asks it to end with SIGTERM; after `graceMs` it is killed. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts `argv` in a process group of its own, so that Ctrl-C reaches it through us only.
 *
 * The kernel kills the child when this process dies, however it dies (PR_SET_PDEATHSIG, prctl(2)). Node cannot ask for
 * that, setpriv of util-linux can, and the setting survives the exec. It would not survive a change of user: a router
 * that drops privileges itself, or a binary with file capabilities, must not be started this way.
 * @throws Fault `environment` when it cannot be started.
 */
export async function startRouterProcess(
  argv: readonly [string, ...string[]],
  onLine: (line: string) => void,
): Promise<RouterProcess> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    // BIRD logs to standard error, gobgpd to standard output.
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<string>(resolve => {
    child.once('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  for (const stream of [child.stdout, child.stderr]) onLines(stream, onLine);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', cause => {
      const hint = 'setpriv comes with util-linux; run ./anycast setup';
      reject(new Fault('environment', `cannot start setpriv ${argv[0]}: ${cause.message}`, { hint, cause }));
    });
  });
  const stop = async (graceMs: number): Promise<void> => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(kill);
  };
  return { pid: child.pid ?? 0, ended, stop, [Symbol.asyncDispose]: () => stop(0) };
}
