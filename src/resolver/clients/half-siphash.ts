/**
 * HalfSipHash-1-3, the 32-bit variant of SipHash by the same authors, with 64 bits of output: for tables in memory, where
 * the key is of this process alone and nobody sees a hash. Of 32-bit words, so that it needs no octets and allocates nothing.
 */

/** The random key: two words. */
export type HalfSipKey = readonly [number, number];

export class HalfSipHash {
  readonly #k0: number;
  readonly #k1: number;
  /** The two halves of the hash made last. */
  first = 0;
  second = 0;

  constructor([k0, k1]: HalfSipKey) {
    this.#k0 = k0 | 0;
    this.#k1 = k1 | 0;
  }

  /** Hashes the first `count` words. */
  hash(words: Int32Array, count: number): void {
    let v0 = this.#k0;
    let v1 = this.#k1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#k0;
    let v3 = 0x74656462 ^ this.#k1;
    // After the words: their length; three rounds; half of the output; three rounds; the other half.
    for (let step = 0; step < count + 7; step += 1) {
      let word = 0;
      if (step < count) word = words[step] ?? 0;
      else if (step === count) word = count << 26;
      else if (step === count + 1) v2 ^= 0xee;
      else if (step === count + 4) {
        this.first = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    this.second = v1 ^ v3;
  }
}
