/**
 * How long a process has been ready to run and was given no processor: by others that compute, by a quota of its control group.
 *
 * The kernel counts it (proc(5), `/proc/pid/schedstat`: nanoseconds on a processor, nanoseconds waiting for one, turns), but
 * adds a wait only when it ends. One that lasts is seen by its effect: ready to run, and neither a turn nor time on a
 * processor since the last look.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';

export interface ProcessorLook {
  readonly ranNs: number;
  readonly waitedNs: number;
  readonly turns: number;
  /** Ready to run, or running: state R of proc(5). */
  readonly isReady: boolean;
}

/** The first thread of `pid`; undefined where /proc does not show it, or the kernel does not count. */
export function lookAtProcessor(pid: number): ProcessorLook | undefined {
  try {
    const [ranNs = Number.NaN, waitedNs = Number.NaN, turns = Number.NaN] = read(pid, 'schedstat')
      .split(' ')
      .map(Number);
    if (Number.isNaN(ranNs + waitedNs + turns)) return undefined;
    const stat = read(pid, 'stat');
    return { ranNs, waitedNs, turns, isReady: stat[stat.lastIndexOf(')') + 2] === 'R' };
  } catch {
    return undefined;
  }
}

function read(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/task/${pid}/${file}`, 'latin1');
}

/** Counts the waits of one process. */
export class ProcessorWait {
  readonly #look: () => ProcessorLook | undefined;
  readonly #clock: Clock;
  #last: ProcessorLook | undefined;
  #sinceMs = 0;

  constructor(look: () => ProcessorLook | undefined, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  /** Milliseconds so far, the wait that still lasts included; 0 where nobody counts them. */
  waitedMs(): number {
    const look = this.#look();
    if (!look) return 0;
    const now = this.#clock.monotonicMs();
    const isWaiting = look.isReady && look.turns === this.#last?.turns && look.ranNs === this.#last.ranNs;
    if (!isWaiting) this.#sinceMs = now;
    this.#last = look;
    return look.waitedNs / 1e6 + (now - this.#sinceMs);
  }
}
