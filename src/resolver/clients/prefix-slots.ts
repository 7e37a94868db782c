/**
 * Which counters a client's address is counted in: two for each of the prefixes that it lies in.
 *
 * Tables of these counters have no keys in them, so that no flood can fill them: a prefix is hashed to one slot in each of
 * two rows, and the lower of the two speaks for it (a count-min sketch). A counter is never lower than what it stands for;
 * it is higher only where both slots are shared. The key of the hash is random and of this process alone, so nobody can
 * choose addresses that share slots with somebody else's.
 *
 * A whole network may ask more than one host, but not as much as all of its hosts: the multipliers are Knot Resolver's.
 */
import { addressWords, readAddressWords } from './address-words.ts';

interface PrefixWeight {
  readonly length: number;
  /** How many times what one host may, all of the prefix together may. */
  readonly multiplier: number;
}

export const ipv4Weights: readonly PrefixWeight[] = [
  { length: 32, multiplier: 1 },
  { length: 24, multiplier: 32 },
  { length: 20, multiplier: 256 },
  { length: 18, multiplier: 768 },
];

export const ipv6Weights: readonly PrefixWeight[] = [
  { length: 128, multiplier: 1 },
  { length: 64, multiplier: 2 },
  { length: 56, multiplier: 3 },
  { length: 48, multiplier: 4 },
  { length: 32, multiplier: 64 },
];

/** Slots of one row: their number divides what unrelated clients add to each other's counters. */
export const slotsPerRow = 65_536;
export const rows = 2;

/** The random key: two words. */
export type SlotKey = readonly [number, number];

export class PrefixSlots {
  /** Of the address located last: for each prefix the slot in the first row, then the slot in the second. */
  readonly slots = new Int32Array(rows * Math.max(ipv4Weights.length, ipv6Weights.length));
  readonly #key: SlotKey;
  readonly #words = new Int32Array(addressWords);
  /** What is hashed: the kind of prefix, and its words. */
  readonly #input = new Int32Array(1 + addressWords);

  constructor(key: SlotKey) {
    this.#key = key;
  }

  /**
   * Fills `slots` and gives the prefixes they are of, longest first. `kind` (below 256) tells counters apart that are kept
   * in one table. What is no address counts as one client.
   */
  locate(address: string, kind: number): readonly PrefixWeight[] {
    const words = this.#words;
    const count = readAddressWords(address, words);
    if (count === 0) words[0] = 0;
    const weights = count === 4 ? ipv6Weights : ipv4Weights;
    for (let index = 0; index < weights.length; index += 1) {
      const length = weights[index]?.length ?? 0;
      this.#input[0] = (kind << 16) | ((count === 4 ? 6 : 4) << 8) | length;
      const used = (length + 31) >> 5;
      for (let word = 0; word < used; word += 1) {
        const spare = Math.max(0, (word + 1) * 32 - length);
        // A shift by 32 would be a shift by 0; no prefix has a word of which it uses nothing.
        this.#input[1 + word] = (words[word] ?? 0) & (-1 << spare);
      }
      this.#hash(1 + used, index * rows);
    }
    return weights;
  }

  /** HalfSipHash-1-3 (the same authors' 32-bit variant) of the input's first `count` words, with 64 bits of output. */
  #hash(count: number, at: number): void {
    const [k0, k1] = this.#key;
    let v0 = k0;
    let v1 = k1 ^ 0xee;
    let v2 = 0x6c796765 ^ k0;
    let v3 = 0x74656462 ^ k1;
    // After the words: their length; three rounds; half of the output; three rounds; the other half.
    for (let step = 0; step < count + 7; step += 1) {
      let word = 0;
      if (step < count) word = this.#input[step] ?? 0;
      else if (step === count) word = count << 26;
      else if (step === count + 1) v2 ^= 0xee;
      else if (step === count + 4) {
        this.slots[at] = (v1 ^ v3) & (slotsPerRow - 1);
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
    this.slots[at + 1] = slotsPerRow + ((v1 ^ v3) & (slotsPerRow - 1));
  }
}
