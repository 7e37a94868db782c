/** Ends a sandbox and waits until the kernel has taken all of it away. */
import { systemClock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import { childrenOf, isAlive } from './find.ts';

/** Milliseconds in which the kernel ends a sandbox; it takes about fifty. */
const endTimeoutMs = 10_000;

/** Milliseconds between two looks. */
const lookMs = 5;

/**
 * `outermost` is the sandbox's `unshare`. Its child is the first process of the pid namespace: killing that one ends all
 * the others, and `unshare` ends only after the last of them.
 */
export async function endSandbox(outermost: number): Promise<void> {
  const deadline = AbortSignal.timeout(endTimeoutMs);
  while (await isAlive(outermost)) {
    // It may not have come so far as to have a child: then it is the child that we see on the next look.
    for (const pid of await childrenOf(outermost)) kill(pid);
    if (deadline.aborted) throw new Fault('timeout', `process ${outermost} of the lab does not end`);
    await systemClock.sleep(lookMs);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
