/**
 * Many timers that are nearly all called off before their time, for the price of one.
 *
 * Time goes by in ticks, one sleep each, for as long as anything is set. What is set runs at the first tick that is not
 * before its time; what is called off stays in its slot, empty, until then.
 */
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';

/** Milliseconds. A server's silence is noticed as much too late; a fiftieth of the shortest time-out, a tenth of it. */
const tickMs = 5;

export interface Deadline {
  callOff(): void;
}

/** Holds on to nothing once called off: it stays in its slot for seconds, and what it held would grow old with it. */
class Entry implements Deadline {
  run: (() => void) | undefined;
  readonly #live: { count: number };

  constructor(run: () => void, live: { count: number }) {
    this.run = run;
    this.#live = live;
    live.count += 1;
  }

  callOff(): void {
    if (this.run) this.#live.count -= 1;
    this.run = undefined;
  }
}

export class Deadlines implements AsyncDisposable {
  readonly #clock: Clock;
  /** By number of the tick. */
  readonly #slots = new Map<number, Entry[]>();
  readonly #closing = new AbortController();
  /** Set, and neither run nor called off. */
  readonly #live = { count: 0 };
  #ticking: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `run` in `ms` milliseconds. It must not throw. */
  set(ms: number, run: () => void): Deadline {
    const tick = Math.ceil((this.#clock.monotonicMs() + ms) / tickMs);
    const entry = new Entry(run, this.#live);
    const slot = this.#slots.get(tick);
    if (slot) slot.push(entry);
    else this.#slots.set(tick, [entry]);
    this.#ticking ??= this.#tick();
    return entry;
  }

  /** Nothing that is set will run any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#slots.clear();
    this.#closing.abort(ended);
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    let last = Math.floor(this.#clock.monotonicMs() / tickMs);
    while (this.#live.count > 0) {
      try {
        await this.#clock.sleep(tickMs, this.#closing.signal);
      } catch {
        return;
      }
      const now = Math.floor(this.#clock.monotonicMs() / tickMs);
      for (; last <= now; last += 1) this.#runSlot(last);
      last = now;
    }
    this.#slots.clear();
    this.#ticking = undefined;
  }

  #runSlot(tick: number): void {
    const slot = this.#slots.get(tick);
    if (!slot) return;
    this.#slots.delete(tick);
    for (const entry of slot) {
      const { run } = entry;
      entry.callOff();
      run?.();
    }
  }
}
