/**
 * How long a process has been pressed for processor time: ready to run and given no processor, by others that compute or by a
 * quota of its control group; or at work without a pause, so that what is asked of it waits its turn.
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

/** The part of a span that a process without a pause is seen at work or waiting: what runs is counted late, at a tick. */
const neverIdleShare = 0.8;

/** Milliseconds of the shortest span that is judged so: several ticks of a kernel with 250 a second. */
const shortestSpanMs = 20;

/** Counts for one process. */
export class ProcessorPressure {
  readonly #look: () => ProcessorLook | undefined;
  readonly #clock: Clock;
  #last: ProcessorLook | undefined;
  #sinceMs = 0;
  /** Where the span began that is to be judged next; milliseconds. */
  #span = { atMs: 0, ranMs: 0, waitedMs: 0 };
  /** Of the spans without a pause, what was no wait. */
  #atWorkMs = 0;
  #isNew = true;

  constructor(look: () => ProcessorLook | undefined, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  /** Milliseconds so far, the wait that still lasts included; 0 where nobody counts them. */
  pressedMs(): number {
    const look = this.#look();
    if (!look) return 0;
    const nowMs = this.#clock.monotonicMs();
    const waitedMs = this.#waitedMs(look, nowMs);
    this.#judge({ atMs: nowMs, ranMs: look.ranNs / 1e6, waitedMs });
    return waitedMs + this.#atWorkMs;
  }

  #judge(now: { readonly atMs: number; readonly ranMs: number; readonly waitedMs: number }): void {
    const began = this.#span;
    const elapsedMs = now.atMs - began.atMs;
    if (this.#isNew) this.#isNew = false;
    else if (elapsedMs < shortestSpanMs) return;
    else {
      const waitedMs = now.waitedMs - began.waitedMs;
      const isNeverIdle = now.ranMs - began.ranMs + waitedMs >= elapsedMs * neverIdleShare;
      if (isNeverIdle) this.#atWorkMs += Math.max(0, elapsedMs - waitedMs);
    }
    this.#span = now;
  }

  #waitedMs(look: ProcessorLook, now: number): number {
    const isWaiting = look.isReady && look.turns === this.#last?.turns && look.ranNs === this.#last.ranNs;
    if (!isWaiting) this.#sinceMs = now;
    this.#last = look;
    return look.waitedNs / 1e6 + (now - this.#sinceMs);
  }
}
