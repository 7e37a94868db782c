/** What a load took of a server's process, all its threads together. */
import { readdirSync, readFileSync } from 'node:fs';
import { usageOf } from '../universe/program.ts';
import { type Load, type LoadOptions, load } from './load.ts';

export interface MeasuredLoad extends Load {
  readonly qps: number;
  /** User and system time by answers. */
  readonly cpuUsPerQuery: number;
  /** That time by the load's: 1 is a processor that was never idle. */
  readonly busyShare: number;
  /** Time that its threads were ready to run while a processor was somebody else's, or another of its own threads'. */
  readonly waitedMs: number;
  readonly failedShare: number;
}

export async function measureLoad(pid: number, options: LoadOptions): Promise<MeasuredLoad> {
  const before = { cpuUs: usageOf(pid).cpuUs, waitedMs: waitedMs(pid) };
  const loaded = await load(options);
  const cpuUs = usageOf(pid).cpuUs - before.cpuUs;
  const { answers, seconds, failed } = loaded;
  return {
    ...loaded,
    qps: answers / seconds,
    cpuUsPerQuery: cpuUs / answers,
    busyShare: cpuUs / 1e6 / seconds,
    waitedMs: waitedMs(pid) - before.waitedMs,
    failedShare: failed / (answers + failed),
  };
}

/** Second number of a thread's schedstat: nanoseconds in a run queue (Documentation/scheduler/sched-stats.rst). */
function waitedMs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[1]);
    } catch {
      // A thread that has ended meanwhile.
    }
  }
  return ns / 1e6;
}
