/** Programs that go on, or that take over the terminal, in a node: how a runtime starts them once it knows their argv. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Fault } from '../system/fault.ts';
import type { LabChild } from './lab-runtime.ts';
import { searchPath } from './sandbox/paths.ts';

/** Starts `argv` with pipes. A program that cannot be started has ended with 127. */
export function startChild([program, ...args]: readonly [string, ...string[]]): LabChild {
  const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, PATH: searchPath() } });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ readonly exitCode: number }>(resolve => {
    child.once('error', () => resolve({ exitCode: 127 }));
    child.once('close', (code, signal) => resolve({ exitCode: exitCodeOf(code, signal) }));
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      await ended;
    },
  };
}

/** Runs `argv` on the caller's own terminal, and gives its exit code. */
export async function onTerminal(
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, PATH: searchPath() } });
  // Ctrl-C goes to everyone on the terminal, the program included: it decides. A SIGTERM is for us, and is passed on.
  const stop = (): void => {
    if (!(signal.reason instanceof Error && signal.reason.message === 'SIGINT')) child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', cause =>
        reject(new Fault('environment', `cannot enter the lab: ${cause.message}`, { cause })),
      );
      child.once('close', (code, signalName) => resolve(exitCodeOf(code, signalName)));
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** As a shell counts: 128 and the signal's number. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
