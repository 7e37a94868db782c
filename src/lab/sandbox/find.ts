/** Finds running labs by looking at processes: there is no file that could be left over, or be missing. */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';

export interface FoundSupervisor {
  readonly pid: number;
  readonly name: string;
}

/** What follows the program's path in a supervisor's command line. */
export function superviseArguments(name: string): readonly string[] {
  return ['lab', 'supervise', '--lab', name];
}

/** This user's supervisors, oldest first. */
export async function findSupervisors(): Promise<FoundSupervisor[]> {
  const pids = await allPids();
  const found = await Promise.all(pids.map(async pid => ({ pid, name: await supervisedName(pid) })));
  return found
    .flatMap(({ pid, name }) => (name === undefined ? [] : [{ pid, name }]))
    .sort((a, b) => a.pid - b.pid);
}

/** Whether a process is there; one that only waits for its parent to notice its end is not. */
export async function isAlive(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text !== undefined && !/\) [ZX] /.test(text);
}

export async function parentOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const match = /\) \S (\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}

export async function childrenOf(pid: number): Promise<number[]> {
  const pids = await allPids();
  const parents = await Promise.all(pids.map(parentOf));
  return pids.filter((_, index) => parents[index] === pid);
}

/** The pids of a sandbox's processes as this process counts them, by the pids that the sandbox counts. */
export async function outerPids(supervisorPid: number): Promise<Map<number, number>> {
  const namespace = await readlink(`/proc/${supervisorPid}/ns/pid`);
  const pids = await allPids();
  const pairs = await Promise.all(
    pids.map(async outer => {
      try {
        if ((await readlink(`/proc/${outer}/ns/pid`)) !== namespace) return [];
        // NSpid: the pid in each namespace from ours inwards (proc(5)).
        const inner = /^NSpid:.*\s(\d+)$/m.exec(await readFile(`/proc/${outer}/status`, 'utf8'));
        return inner ? [[Number(inner[1]), outer] as const] : [];
      } catch {
        return [];
      }
    }),
  );
  return new Map(pairs.flat());
}

async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).filter(entry => /^\d+$/.test(entry)).map(Number);
}

/** The lab's name if the process is a supervisor of this user. */
async function supervisedName(pid: number): Promise<string | undefined> {
  try {
    const line = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const [verb, subVerb] = superviseArguments('');
    const at = line.indexOf('supervise');
    // The program and main.ts come first; unshare and the shell carry the same words further back.
    if (at < 2 || at > 3 || line[at] !== subVerb || line[at - 1] !== verb || line[at + 1] !== '--lab')
      return undefined;
    return (await stat(`/proc/${pid}`)).uid === process.getuid?.() ? line[at + 2] : undefined;
  } catch {
    return undefined;
  }
}
