/** Long work in short pieces, so that whatever else the event loop has to do is done meanwhile. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** Milliseconds of work between two pauses: a query that comes meanwhile waits that long, about what a busy loop costs it anyway. */
const stretchMs = 2;
/** Steps between two looks at the clock. */
const stride = 16;

export class Breather {
  readonly #clock: Clock;
  #sinceMs: number;
  #steps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Called once a step; whether `rest` is due. */
  get isDue(): boolean {
    this.#steps += 1;
    return this.#steps % stride === 0 && this.#clock.monotonicMs() - this.#sinceMs >= stretchMs;
  }

  /** Resolves when the event loop has been round. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#sinceMs = this.#clock.monotonicMs();
  }
}
