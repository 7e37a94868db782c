/** Something that happens again and again, and that any number may wait for. */
export class Occasion {
  #waiting = new Set<() => void>();

  /** Wakes everyone who waits now. */
  happen(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves the next time it happens. Throws the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting.delete(resolve);
    }
  }
}
