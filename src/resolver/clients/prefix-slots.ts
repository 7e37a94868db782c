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
import { type AddressWords, addressWords, readAddressWords } from './address-words.ts';
import { HalfSipHash, type HalfSipKey } from './half-siphash.ts';

export interface PrefixWeight {
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

/** Prefixes that an address lies in, at most. */
export const mostPrefixes = Math.max(ipv4Weights.length, ipv6Weights.length);

/** Slots of one row: their number divides what unrelated clients add to each other's counters. */
export const slotsPerRow = 65_536;
export const rows = 2;

/** Addresses whose slots are remembered, a power of two, each in one place: the hashes are half of what a cached answer costs. */
const remembered = 4096;
/** A place has the kind and number of words, the words, and the slots: no more than a cache line. */
const slotsInPlace = 1 + addressWords;
const placeWords = 16;

export class PrefixSlots {
  /** From `at` on, of the address located last: for each prefix the slot in the first row, then the slot in the second. */
  readonly slots = new Int32Array(remembered * placeWords);
  at = 0;
  readonly #hash: HalfSipHash;
  readonly #own = { words: new Int32Array(addressWords), wordCount: 0 as 0 | 1 | 4 };
  /** What is hashed: the kind of prefix, and its words. */
  readonly #input = new Int32Array(1 + addressWords);

  constructor(key: HalfSipKey) {
    this.#hash = new HalfSipHash(key);
  }

  /**
   * Finds the slots, and gives the prefixes they are of, longest first. `kind` (below 256) tells counters apart that are kept
   * in one table. What is no address counts as one client.
   */
  locate(address: string, kind: number): readonly PrefixWeight[] {
    const own = this.#own;
    own.wordCount = readAddressWords(address, own.words);
    if (own.wordCount === 0) own.words[0] = 0;
    return this.locateWords(own, kind);
  }

  /** As `locate`, of an address that has been read. */
  locateWords(address: AddressWords, kind: number): readonly PrefixWeight[] {
    const { words, wordCount } = address;
    const places = this.slots;
    const used = wordCount === 4 ? 4 : 1;
    let mixed = kind;
    for (let index = 0; index < used; index += 1) mixed = Math.imul(mixed ^ (words[index] ?? 0), 0x9e3779b1);
    const place = ((mixed ^ (mixed >>> 15)) & (remembered - 1)) * placeWords;
    // Never 0, which an empty place has.
    const mark = ((kind + 1) << 8) | used;
    let isKnown = places[place] === mark;
    for (let index = 0; index < used; index += 1) isKnown &&= places[place + 1 + index] === words[index];
    this.at = place + slotsInPlace;
    const weights = wordCount === 4 ? ipv6Weights : ipv4Weights;
    if (isKnown) return weights;
    places[place] = mark;
    for (let index = 0; index < used; index += 1) places[place + 1 + index] = words[index] ?? 0;
    this.#hashPrefixes(address, kind, weights);
    return weights;
  }

  #hashPrefixes({ words, wordCount }: AddressWords, kind: number, weights: readonly PrefixWeight[]): void {
    for (let index = 0; index < weights.length; index += 1) {
      const length = weights[index]?.length ?? 0;
      this.#input[0] = (kind << 16) | ((wordCount === 4 ? 6 : 4) << 8) | length;
      const used = (length + 31) >> 5;
      for (let word = 0; word < used; word += 1) {
        const spare = Math.max(0, (word + 1) * 32 - length);
        // A shift by 32 would be a shift by 0; no prefix has a word of which it uses nothing.
        this.#input[1 + word] = (words[word] ?? 0) & (-1 << spare);
      }
      this.#hash.hash(this.#input, 1 + used);
      const at = this.at + index * rows;
      this.slots[at] = this.#hash.first & (slotsPerRow - 1);
      this.slots[at + 1] = slotsPerRow + (this.#hash.second & (slotsPerRow - 1));
    }
  }
}
