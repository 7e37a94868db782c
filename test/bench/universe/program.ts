/** A program that a measurement starts: what it says, what it uses, and its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../../src/system/fault.ts';

export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The latest lines of its standard output and standard error. */
  readonly output: readonly string[];
  readonly isRunning: boolean;
}

export interface Usage {
  /** User and system time of all its threads, microseconds. */
  readonly cpuUs: number;
  /** Time its first thread was ready to run while the processor was somebody else's, microseconds. */
  readonly waitedUs: number;
  /** Resident octets. */
  readonly residentOctets: number;
}

const keptLines = 200;
/** Milliseconds between SIGTERM and SIGKILL. */
const endsWithinMs = 5000;
/** Length of a clock tick in /proc (proc(5)): USER_HZ is 100 on every Linux that Node runs on. */
const tickUs = 10_000;

/** Starts `argv` on one processor, or on several; `taskset` becomes the program, so that the pid is the program's. */
export function startProgram(core: number | readonly number[], argv: readonly string[]): Program {
  const child = spawn('taskset', ['-c', String(core), ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      output.push(line);
      if (output.length > keptLines) output.shift();
    });
  }
  const closed = once(child, 'close');
  const { pid } = child;
  if (pid === undefined) throw new Fault('environment', `cannot start ${argv[0]}`);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    output,
    get isRunning() {
      return isRunning();
    },
    async [Symbol.asyncDispose]() {
      if (isRunning()) child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
      await closed;
      clearTimeout(late);
    },
  };
}

/** @throws When the process is gone. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // Fields 14 and 15, counted from the name in parentheses (field 2), which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  // Three numbers: nanoseconds run, nanoseconds waited in a run queue, time slices.
  const waitedNs = Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]);
  return { cpuUs: ticks * tickUs, waitedUs: waitedNs / 1000, residentOctets: kibibytes * 1024 };
}

/** What it uses, every so many milliseconds, until the signal aborts or the process is gone. */
export async function watchUsage({ pid }: Program, everyMs: number, signal: AbortSignal): Promise<Usage[]> {
  const samples: Usage[] = [];
  while (!signal.aborted) {
    try {
      samples.push(usageOf(pid));
    } catch {
      break;
    }
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return samples;
}
