/** What the kernel says of another process, read from /proc (proc(5), `stat`, field 3). */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * - `stopped`: by SIGSTOP, until SIGCONT;
 * - `busy`: some thread computes, waits for a processor, or waits for a disk;
 * - `idle`: all threads sleep.
 */
export type ProcessState = 'stopped' | 'busy' | 'idle';

/** The state of process `pid`, or undefined where /proc does not show it (another pid namespace, hidepid, gone). */
export function processState(pid: number): ProcessState | undefined {
  try {
    // Threads, not only the first: a garbage collector's helper may be what the first one sleeps for.
    const states = readdirSync(`/proc/${pid}/task`).map(task =>
      threadState(`/proc/${pid}/task/${task}/stat`),
    );
    if (states.every(state => state === 'T')) return 'stopped';
    return states.some(state => state === 'R' || state === 'D') ? 'busy' : 'idle';
  } catch {
    return undefined;
  }
}

/** Field 3 follows the program's name, which stands in parentheses and may itself hold any character. */
function threadState(path: string): string | undefined {
  const text = readFileSync(path, 'latin1');
  return text[text.lastIndexOf(')') + 2];
}
