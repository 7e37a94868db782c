/**
 * What a thread shows of itself, in shared memory: how far it is, and what it has counted. It survives the thread.
 *
 * Each number has one writer, and eight octets on a boundary of eight are written at once on the machines that batches are
 * for; so plain loads and stores do.
 */

export const threadCounts = [
  'rounds', // looks at its sockets
  'answered', // queries that got their reply from the thread
  'handedOver', // queries given to the resolver's thread
  'shed', // queries dropped because the resolver's thread did not take them fast enough
  'faults', // queries at which the fast path threw; they were handed over
  'unsent', // replies that the kernel would not send
] as const;
export type ThreadCount = (typeof threadCounts)[number];

const places = Object.fromEntries(threadCounts.map((name, index) => [name, index])) as Record<
  ThreadCount,
  number
>;
const busySince = threadCounts.length;

export class ThreadState {
  readonly #numbers: Float64Array;

  constructor(shared: SharedArrayBuffer) {
    this.#numbers = new Float64Array(shared);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer((threadCounts.length + 1) * 8);
  }

  /** A round begins; `nowMs` is of the monotonic clock, which all threads share. */
  begin(nowMs: number): void {
    this.#numbers[busySince] = nowMs;
    this.count('rounds', 1);
  }

  /** Nothing is under way: the thread waits for datagrams, or is gone. */
  rest(): void {
    this.#numbers[busySince] = 0;
  }

  /** Milliseconds that the round under way has taken so far, 0 where there is none. A healthy one takes less than one. */
  stalledMs(nowMs: number): number {
    const sinceMs = this.#numbers[busySince] ?? 0;
    return sinceMs === 0 ? 0 : Math.max(0, nowMs - sinceMs);
  }

  /** The number of the round under way, 0 where there is none. */
  get roundUnderWay(): number {
    return this.#numbers[busySince] === 0 ? 0 : this.countOf('rounds');
  }

  count(name: ThreadCount, amount: number): void {
    const place = places[name];
    this.#numbers[place] = (this.#numbers[place] ?? 0) + amount;
  }

  countOf(name: ThreadCount): number {
    return this.#numbers[places[name]] ?? 0;
  }
}
