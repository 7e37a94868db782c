/** GoBGP as the doctor looks at it: through its own command line, `gobgp`, which speaks gRPC. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../system/fault.ts';
import { run } from '../../system/run.ts';
import type { RouterProbe } from '../router-probe.ts';
import { gobgpSessionsIn } from '../sessions/gobgp-sessions.ts';

/** Milliseconds for an answer; without a limit of ours `gobgp` waits several seconds for a daemon that is not there. */
const answerWithinMs = 3000;

export const gobgpProbe: RouterProbe = {
  kind: 'gobgp',
  program: 'gobgpd',
  versionArguments: ['--version'],
  debianPackage: 'gobgpd',
  oldest: '3.0.0',
  testedMajors: [3],
  controlSocket: runDirectory => join(runDirectory, 'gobgp', 'gobgpd.sock'),
  async look(slice, runDirectory, signal) {
    const target = await targetOf(gobgpProbe.controlSocket(runDirectory));
    const shown = await run(['gobgp', ...target, '--json', 'neighbor'], {
      signal,
      timeoutMs: answerWithinMs,
    });
    if (shown.exitCode !== 0 || !shown.stdout.startsWith('[')) {
      throw new Fault('unreachable', `gobgpd does not answer: ${(shown.stderr || shown.stdout).trim()}`);
    }
    return { sessions: gobgpSessionsIn(shown.stdout, slice) };
  },
  showSession: ({ id }) => `gobgp neighbor ${id}`,
};

/** The socket in the run directory where there is one; else the port that `gobgp` asks when told nothing. */
async function targetOf(socket: string): Promise<string[]> {
  try {
    await access(socket);
    return ['--target', `unix://${socket}`];
  } catch {
    return [];
  }
}
