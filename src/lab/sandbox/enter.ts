/** The argv that runs a program in a node of a sandbox, from outside. Works as root and as the user who started the lab. */
import { readlinkSync } from 'node:fs';
import { netnsPath } from './paths.ts';

/**
 * Enters the sandbox's namespaces and the node's network. `setpriv` ties the program's life to nsenter's: it is in
 * another pid namespace, and would otherwise outlive a caller that gives up.
 */
export function enterArgv(
  supervisorPid: number,
  node: string,
  argv: readonly string[],
): [string, ...string[]] {
  return [...namespaces(supervisorPid, node), 'setpriv', '--pdeathsig', 'KILL', ...argv];
}

/**
 * As `enterArgv`, for a program on the caller's terminal: it keeps the caller's folder, and Ctrl-C reaches the program
 * but not nsenter, which would end before it and lose its exit code.
 */
export function enterTerminalArgv(
  supervisorPid: number,
  node: string,
  argv: readonly string[],
): [string, ...string[]] {
  return [
    'env',
    '--ignore-signal=INT,QUIT',
    ...namespaces(supervisorPid, node),
    'setpriv',
    '--pdeathsig',
    'TERM',
    'env',
    '--default-signal=INT,QUIT',
    `--chdir=${folderInside(process.cwd())}`,
    ...argv,
  ];
}

/** The caller's folder, unless it is in /run: a sandbox has its own. */
function folderInside(folder: string): string {
  return /^(\/var)?\/run(\/|$)/.test(folder) ? '/' : folder;
}

function namespaces(pid: number, node: string): [string, ...string[]] {
  // A sandbox that root made without a user namespace shares ours, and the kernel refuses to enter one's own.
  const ownUser = readlinkSync('/proc/self/ns/user') === readlinkSync(`/proc/${pid}/ns/user`);
  return [
    'nsenter',
    `--target=${pid}`,
    ...(ownUser ? [] : ['--user', '--preserve-credentials']),
    '--mount',
    '--pid',
    `--net=/proc/${pid}/root${netnsPath(node)}`,
    '--',
  ];
}
