/** Which of the queries over the rate are told so, rather than dropped: every so-many-th of all threads together. */
export class Slip {
  /** What other threads need to count along. */
  readonly memory: SharedArrayBuffer;
  /** 0: none. */
  readonly every: number;
  readonly #over: Int32Array;

  /** `memory`: of another thread's. */
  constructor(every: number, memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.every = every;
    this.#over = new Int32Array(memory);
  }

  /** Counts one query over the rate, and says whether it is told. */
  isDue(): boolean {
    const over = (Atomics.add(this.#over, 0, 1) + 1) >>> 0;
    return this.every !== 0 && over % this.every === 0;
  }
}
