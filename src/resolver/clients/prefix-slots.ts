/**
 * Which counters a client's address is counted in: two for each of the prefixes that it lies in.
 *
 * Tables of these counters have no keys in them, so that no flood can fill them: a prefix is hashed to one slot in each of
 * two rows, and the lower of the two speaks for it (a count-min sketch). A counter is never lower than what it stands for;
 * it is higher only where both slots are shared. The hash is by tabulation (Zobrist; Patrascu and Thorup, 2012): a random
 * number for each octet at each place, taken together. So a prefix costs a look at a small table for each octet that the
 * shorter ones have not got, and the numbers being of this process alone, nobody can choose addresses that share slots with
 * somebody else's.
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

/** Slots of one row: their number divides what unrelated clients add to each other's counters. As many as 16 bits tell apart. */
export const slotsPerRow = 65_536;
export const rows = 2;

const octetValues = 256;
/** Octets of an address; behind their numbers are those of kinds with a prefix of a family. */
const octetPlaces = 16;
const families = { 4: 0, 6: 8 } as const;
const prefixesPerKind = 16;

export class PrefixSlots {
  /** Of the address located last: for each prefix the slot in the first row, then the slot in the second. */
  readonly slots = new Int32Array(rows * mostPrefixes);
  readonly #own = { words: new Int32Array(addressWords), wordCount: 0 as 0 | 1 | 4 };
  /** Two slots in each number: the lower half is that of the first row. */
  readonly #numbers: Int32Array;

  /** What has the same key has the same slots. */
  constructor(key: HalfSipKey) {
    const hash = new HalfSipHash(key);
    const input = new Int32Array(1);
    this.#numbers = Int32Array.from({ length: (octetPlaces + 1) * octetValues }, (_, index) => {
      input[0] = index;
      hash.hash(input, 1);
      return hash.first;
    });
  }

  /**
   * Fills `slots` and gives the prefixes they are of, longest first. `kind` (below 16) tells counters apart that are kept in
   * one table. What is no address counts as one client.
   */
  locate(address: string, kind: number): readonly PrefixWeight[] {
    const own = this.#own;
    own.wordCount = readAddressWords(address, own.words);
    if (own.wordCount === 0) own.words[0] = 0;
    return this.locateWords(own, kind);
  }

  /** As `locate`, of an address that has been read. */
  locateWords({ words, wordCount }: AddressWords, kind: number): readonly PrefixWeight[] {
    const numbers = this.#numbers;
    const { slots } = this;
    const isIpv6 = wordCount === 4;
    const weights = isIpv6 ? ipv6Weights : ipv4Weights;
    const kindAt = octetPlaces * octetValues + kind * prefixesPerKind + (isIpv6 ? families[6] : families[4]);
    let taken = 0;
    let octet = 0;
    // The shortest first: the octets of each are among those of the next.
    for (let index = weights.length - 1; index >= 0; index -= 1) {
      const length = weights[index]?.length ?? 0;
      for (; octet < length >> 3; octet += 1)
        taken ^= numbers[octet * octetValues + octetOf(words, octet)] ?? 0;
      let both = taken ^ (numbers[kindAt + index] ?? 0);
      const spare = length & 7;
      if (spare > 0) both ^= numbers[octet * octetValues + (octetOf(words, octet) & (0xff00 >> spare))] ?? 0;
      slots[index * rows] = both & (slotsPerRow - 1);
      slots[index * rows + 1] = slotsPerRow + (both >>> 16);
    }
    return weights;
  }
}

function octetOf(words: Int32Array, octet: number): number {
  return ((words[octet >> 2] ?? 0) >>> (24 - (octet & 3) * 8)) & 0xff;
}
