/** Reading /proc about processes: state, parents, names (proc(5)). */
import { readdir } from 'node:fs/promises';
import { readFileIfAny } from '../../system/files.ts';
import type { ProcessState } from '../lab-runtime.ts';

interface ProcStat {
  readonly pid: number;
  /** At most 15 octets. */
  readonly name: string;
  /** One letter: T is stopped, Z a zombie, X dead. */
  readonly state: string;
  readonly parent: number;
}

export async function stateOf(pid: number): Promise<ProcessState> {
  const state = (await readStat(pid))?.state;
  if (state === undefined || state === 'Z' || state === 'X') return 'exited';
  return state === 'T' || state === 't' ? 'stopped' : 'running';
}

/** The pid of the first descendant of `pid` with this name. */
export async function descendantNamed(pid: number, name: string): Promise<number | undefined> {
  const all = await allStats();
  const queue = [pid];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const child of all.filter(each => each.parent === parent && each.state !== 'Z')) {
      if (child.name === name.slice(0, 15)) return child.pid;
      queue.push(child.pid);
    }
  }
  return undefined;
}

async function allStats(): Promise<ProcStat[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(readStat));
  return stats.filter(stat => stat !== undefined);
}

async function readStat(pid: number): Promise<ProcStat | undefined> {
  const text = await readFileIfAny(`/proc/${pid}/stat`).catch(() => undefined);
  // The name stands in parentheses and may hold any octet, parentheses too: the last one ends it.
  const match = text && /^\d+ \((.*)\) (\S) (\d+)/s.exec(text);
  return match ? { pid, name: match[1] ?? '', state: match[2] ?? '', parent: Number(match[3]) } : undefined;
}
