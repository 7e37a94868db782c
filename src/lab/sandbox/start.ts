/**
 * Starts the sandbox of a lab: a process tree in namespaces of its own, with the supervisor in it.
 *
 *   unshare            waits, in the caller's namespaces; ends when the shell ends, and kills it when killed
 *     sh               first process of the pid namespace: reaps orphans, ends when the supervisor ends
 *       supervisor     `anycast lab supervise`
 *         ...          everything that runs in the lab
 *
 * The end of any of the three ends them all, and with the pid namespace every process in it; network and mount namespaces
 * go with their last process. No root is needed where the kernel lets users make user namespaces.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Fault } from '../../system/fault.ts';
import { run } from '../../system/run.ts';
import { searchPath } from './paths.ts';

const isolated = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;
const asOwnRoot = ['--user', '--map-root-user'] as const;

/** Not `exec`: the shell stays, and while it waits for the one it takes in the ends of all others. */
const waitAndReap = '"$@"; exit $?';

/** Starts `anycast lab supervise` as the head of a session of its own, so that a terminal's end does not reach it. */
export async function startSandbox(
  supervisor: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<ChildProcess> {
  const namespaces = await usableNamespaces(signal);
  return spawn('unshare', [...namespaces, '--', 'sh', '-c', waitAndReap, 'sh', ...supervisor], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PATH: searchPath() },
  });
}

/**
 * The namespaces that this user can make here.
 * @throws Fault `environment` with what to change when they are not enough.
 */
async function usableNamespaces(signal: AbortSignal): Promise<readonly string[]> {
  const rootless = [...asOwnRoot, ...isolated];
  const refused = await refusal(rootless, signal);
  if (refused === undefined) return rootless;
  if (process.getuid?.() === 0 && (await refusal(isolated, signal)) === undefined) return isolated;
  throw new Fault('environment', `no namespaces for a lab: ${refused}`, {
    hint:
      'let users make them (as root: sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, on ' +
      'Ubuntu kernel.apparmor_restrict_unprivileged_userns=0, in a container --privileged), or run as root',
  });
}

/** What the kernel says against these namespaces; undefined when it grants them, with a /run to mount over. */
async function refusal(namespaces: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const trial = ['mount', '-t', 'tmpfs', 'tmpfs', '/run'];
  const { exitCode, stderr } = await run(['unshare', ...namespaces, '--', ...trial], { signal });
  return exitCode === 0 ? undefined : stderr.trim();
}
