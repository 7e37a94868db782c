/** A pause that ends early when there is something to do. One waiter at a time. */
import type { Clock } from './clock.ts';

export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Ends the wait under way, or the next one as soon as it begins. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Waits for a ring, at most `ms`. Gives whether it was rung. Throws the signal's reason when aborted. */
  async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (!this.#rung) {
      // A race against a promise that outlives many waits would grow that promise by one reaction a wait, for ever.
      const early = new AbortController();
      const stop = (): void => early.abort();
      this.#wake = stop;
      signal.addEventListener('abort', stop, { once: true });
      try {
        await clock.sleep(ms, early.signal);
      } catch (error) {
        if (!early.signal.aborted) throw error;
      } finally {
        signal.removeEventListener('abort', stop);
        this.#wake = undefined;
      }
      signal.throwIfAborted();
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
