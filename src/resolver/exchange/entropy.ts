/**
 * Random numbers for ids, ports, letter case and the choice among equals: the system's CSPRNG, drawn in batches.
 *
 * Whatever a forger would have to guess comes from here and nowhere else. A generator that is only statistically good
 * can be run backwards from a few of its outputs (CVE-2025-40780). A batch costs little more than one number does, and
 * each number is used once.
 */
import { randomFillSync } from 'node:crypto';

const batch = 2048;

export class Entropy {
  readonly #numbers = new Uint16Array(batch);
  #next = batch;

  /** 0 to 65535. */
  uint16(): number {
    if (this.#next === batch) {
      randomFillSync(this.#numbers);
      this.#next = 0;
    }
    const number = this.#numbers[this.#next] ?? 0;
    // What has been given out does not lie about in memory.
    this.#numbers[this.#next] = 0;
    this.#next += 1;
    return number;
  }

  /** 0 to `bound` - 1, all equally likely. `bound` is at most 65536. */
  below(bound: number): number {
    const largest = 0x1_0000 - (0x1_0000 % bound);
    let number = this.uint16();
    while (number >= largest) number = this.uint16();
    return number % bound;
  }
}
