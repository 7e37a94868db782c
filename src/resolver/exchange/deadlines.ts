/**
 * Many timers that are nearly all called off before their time, for the price of one.
 *
 * Time is counted in ticks. What is set runs at the first tick that is not before its time; what is called off stays in its
 * tick's slot, empty, until somebody looks. One sleep lasts until the earliest tick in which anything is set: most of those
 * that were set before are called off by then, so that a resolver with little to do is woken some times a second, not 200.
 */
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';

/** Milliseconds. A server's silence is noticed as much too late; a tenth of the shortest time-out. */
const tickMs = 5;

export interface Deadline {
  callOff(): void;
}

/** Holds on to nothing once called off: it stays in its slot for seconds, and what it held would grow old with it. */
class Entry implements Deadline {
  run: (() => void) | undefined;
  readonly #slot: Slot;

  constructor(run: () => void, slot: Slot) {
    this.run = run;
    this.#slot = slot;
    slot.live += 1;
  }

  callOff(): void {
    if (this.run) this.#slot.live -= 1;
    this.run = undefined;
  }
}

/** What is set for one tick. */
interface Slot {
  readonly entries: Entry[];
  /** Neither run nor called off. */
  live: number;
}

export class Deadlines implements AsyncDisposable {
  readonly #clock: Clock;
  /** By number of the tick. */
  readonly #slots = new Map<number, Slot>();
  readonly #closing = new AbortController();
  readonly #sleepers = new Set<Promise<void>>();
  /** The tick at which the next look is due; none when nothing is set. */
  #nextTick = Number.POSITIVE_INFINITY;
  /** Counts those who sleep: the last is the one that counts. */
  #turn = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `run` in `ms` milliseconds. It must not throw. */
  set(ms: number, run: () => void): Deadline {
    const tick = Math.ceil((this.#clock.monotonicMs() + ms) / tickMs);
    let slot = this.#slots.get(tick);
    if (!slot) {
      slot = { entries: [], live: 0 };
      this.#slots.set(tick, slot);
    }
    const entry = new Entry(run, slot);
    slot.entries.push(entry);
    if (tick < this.#nextTick) this.#startSleeper(tick);
    return entry;
  }

  /** Nothing that is set will run any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#slots.clear();
    this.#closing.abort(ended);
    await Promise.all(this.#sleepers);
  }

  #startSleeper(tick: number): void {
    this.#nextTick = tick;
    this.#turn += 1;
    const sleeper = this.#sleep(this.#turn).finally(() => this.#sleepers.delete(sleeper));
    this.#sleepers.add(sleeper);
  }

  /** Until nothing is set any more, or something has been for an earlier tick, and another sleeps in this one's place. */
  async #sleep(turn: number): Promise<void> {
    while (this.#nextTick < Number.POSITIVE_INFINITY) {
      const leftMs = this.#nextTick * tickMs - this.#clock.monotonicMs();
      try {
        await this.#clock.sleep(Math.max(0, Math.ceil(leftMs)), this.#closing.signal);
      } catch {
        return;
      }
      if (turn !== this.#turn) return;
      this.#runDue(Math.floor(this.#clock.monotonicMs() / tickMs));
      if (turn !== this.#turn) return;
      this.#nextTick = this.#earliest();
    }
  }

  /** In the order of their time. */
  #runDue(now: number): void {
    const due = [...this.#slots.keys()].filter(tick => tick <= now).sort((a, b) => a - b);
    for (const tick of due) {
      const slot = this.#slots.get(tick);
      this.#slots.delete(tick);
      for (const entry of slot?.entries ?? []) {
        const { run } = entry;
        entry.callOff();
        run?.();
      }
    }
  }

  #earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const [tick, { live }] of this.#slots) {
      if (live === 0) this.#slots.delete(tick);
      else earliest = Math.min(earliest, tick);
    }
    return earliest;
  }
}
