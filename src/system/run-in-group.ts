/**
 * Runs a program in a process group of its own, and leaves nothing of the group when it has ended.
 *
 * A program that is killed alone leaves its children to run on: a shell script's `sleep`, a `dig` that waits. So the whole
 * group gets SIGKILL, when the signal aborts and also when the program has ended by itself. What makes a group of its
 * own (setsid(1), a daemon) escapes; what it holds open is not waited for. The program itself is reaped by us, its
 * orphans by the first process of the pid namespace.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from './clock.ts';
import { describeError } from './fault.ts';

export interface GroupOptions {
  /** Ends the group; the result then says so. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Octets kept of each of standard output and standard error; the rest is read and dropped. */
  readonly keepOctets: number;
}

export type GroupEnd =
  | { readonly kind: 'not-started'; readonly reason: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'killed'; readonly by: NodeJS.Signals }
  | { readonly kind: 'exited'; readonly code: number };

export interface GroupResult {
  readonly end: GroupEnd;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds for the last words of a program that has ended, where something that escaped holds its output open. */
const lastWordsMs = 50;

/** Runs `argv` with nothing on standard input. Never throws for what the program does, or for being unable to start it. */
export async function runInGroup(
  [program, ...args]: readonly [string, ...string[]],
  { signal, clock, env, keepOctets }: GroupOptions,
): Promise<GroupResult> {
  if (signal.aborted) return { end: { kind: 'aborted' }, stdout: '', stderr: '' };
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
  } catch (error) {
    return { end: { kind: 'not-started', reason: describeError(error) }, stdout: '', stderr: '' };
  }
  const stdout = keepFirst(child.stdout, keepOctets);
  const stderr = keepFirst(child.stderr, keepOctets);
  const closed = once(child, 'close').catch(() => undefined);
  const kill = (): void => killGroup(child.pid);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const end = await endOf(child);
    kill();
    await Promise.race([closed, lastWords(clock, closed)]);
    return { end: signal.aborted ? { kind: 'aborted' } : end, stdout: stdout(), stderr: stderr() };
  } finally {
    signal.removeEventListener('abort', kill);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function endOf(child: ChildProcess): Promise<GroupEnd> {
  return new Promise(resolve => {
    child.once('error', error => resolve({ kind: 'not-started', reason: describeError(error) }));
    child.once('exit', (code, by) => {
      resolve(by === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', by });
    });
  });
}

/** Collects the first octets of a stream, and reads on so that the writer never waits. Gives what there is so far. */
function keepFirst(stream: ChildProcess['stdout'], octets: number): () => string {
  let kept: Buffer = Buffer.alloc(0);
  stream?.on('error', () => undefined);
  stream?.on('data', (chunk: Buffer) => {
    if (kept.length < octets) kept = Buffer.concat([kept, chunk.subarray(0, octets - kept.length)]);
  });
  return () => kept.toString('utf8');
}

async function lastWords(clock: Clock, closed: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  closed.then(() => over.abort());
  await clock.sleep(lastWordsMs, over.signal).catch(() => undefined);
}

/** The group has the program's own number, which the kernel gives to nobody else while a member lives. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
