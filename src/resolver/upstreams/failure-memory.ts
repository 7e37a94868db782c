/** Questions that could not be resolved, remembered for a moment so that nobody hammers a broken zone (RFC 9520). */

/** RFC 9520 section 3.2: at least a second, longer each time it fails again. It stays short: a healed upstream must show. */
const firstMs = 1000;
const longestMs = 5000;

/** Questions remembered; the oldest goes first. A random-name flood at a broken zone must not fill memory. */
const capacity = 10_000;

interface Failure {
  readonly untilMs: number;
  readonly heldMs: number;
}

export class FailureMemory {
  readonly #failures = new Map<string, Failure>();

  has(key: string, nowMs: number): boolean {
    const failure = this.#failures.get(key);
    return failure !== undefined && nowMs < failure.untilMs;
  }

  add(key: string, nowMs: number): void {
    const before = this.#failures.get(key);
    // A failure that follows close on the last one is the same trouble still.
    const isRepeated = before !== undefined && nowMs < before.untilMs + longestMs;
    const heldMs = isRepeated ? Math.min(before.heldMs * 2, longestMs) : firstMs;
    this.#failures.delete(key);
    this.#failures.set(key, { untilMs: nowMs + heldMs, heldMs });
    if (this.#failures.size <= capacity) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  /** What they failed of is over. */
  clear(): void {
    this.#failures.clear();
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
