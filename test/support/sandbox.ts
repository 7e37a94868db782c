/**
 * A private piece of this machine for one test: user, mount, network and process namespaces of its own.
 *
 * Needs no root where unprivileged user namespaces are allowed. PID 1 reads a pipe from the test process and ends when
 * that closes, so nothing is left behind even when the test is killed. The file system is shared: a Unix socket
 * in the test's temporary folder is reached from both sides.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type RunResult, run } from '../../src/system/run.ts';

type Argv = readonly [string, ...string[]];

export interface Sandbox extends AsyncDisposable {
  /** Runs a program to its end, in the sandbox or in one of its nodes. */
  exec(argv: Argv, node?: string): Promise<RunResult>;
  /** Starts a program in a node. */
  spawn(argv: Argv, node: string): SandboxProcess;
}

export interface SandboxProcess {
  /** Its lines of standard output and standard error up to now. */
  readonly output: readonly string[];
  /** Resolves with the exit code, 128 when it was killed. */
  readonly exited: Promise<number>;
  /** Sends it a signal and waits for nothing. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Why no sandbox can be had on this machine, or undefined; for the `skip` of a test. */
export async function whyNoSandbox(...programs: readonly string[]): Promise<string | undefined> {
  for (const program of ['unshare', 'nsenter', 'ip', ...programs]) {
    const found = await run(['sh', '-c', 'command -v "$0"', program]);
    if (found.exitCode !== 0) return `the program ${program} is not installed`;
  }
  const result = await run(['unshare', '--user', '--map-root-user', '--net', 'true']);
  return result.exitCode === 0 ? undefined : `no unprivileged namespaces here: ${result.stderr.trim()}`;
}

const namespaces = ['--user', '--map-root-user', '--mount', '--net', '--pid', '--fork', '--mount-proc'];

export async function openSandbox(): Promise<Sandbox> {
  const script = 'mount -t tmpfs tmpfs /run && ip link set lo up && echo open && exec cat >/dev/null';
  const init = spawn('unshare', [...namespaces, '--kill-child', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(init.stdout, 'data');
  const children: { end(): void }[] = [];
  // `unshare` itself stays in our process namespace and has the others; its child is PID 1 of the new one.
  const enter = (argv: Argv, node?: string): [string, ...string[]] => [
    'nsenter',
    '--preserve-credentials',
    `--user=/proc/${init.pid}/ns/user`,
    `--mount=/proc/${init.pid}/ns/mnt`,
    `--net=/proc/${init.pid}/ns/net`,
    `--pid=/proc/${init.pid}/ns/pid_for_children`,
    ...(node === undefined ? [] : ['ip', 'netns', 'exec', node]),
    ...argv,
  ];
  return {
    exec: async (argv, node) => await run(enter(argv, node)),
    spawn(argv, node) {
      const child = started(enter(argv, node));
      children.push(child);
      return child;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.end();
      const ended = once(init, 'close');
      init.stdin.end();
      await ended;
    },
  };
}

function started([program, ...args]: Argv): SandboxProcess & { end(): void } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => output.push(line));
  const exited = once(child, 'close').then(([code]) => code ?? 128);
  return {
    output,
    exited,
    async kill(signal) {
      process.kill(await innerPid(child), signal);
      // nsenter stops itself with its child and does not see the child go on.
      if (signal === 'SIGCONT') child.kill('SIGCONT');
    },
    end: () => child.kill('SIGKILL'),
  };
}

/** nsenter forks to enter a process namespace: the program is its only child. */
async function innerPid({ pid }: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number.parseInt(children, 10);
}
