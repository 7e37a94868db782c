/**
 * Which answer is wanted, as words: what the table is searched by.
 *
 * ```
 *   type (16) | DO, CD (8) | octets of the name (8)      then the name in lower case, four octets a word, the rest zero
 * ```
 *
 * The class is not in it: all that the table holds is of IN. The hash has a random key of this process, so that
 * nobody can choose names that share a bucket.
 */
import { HalfSipHash, type HalfSipKey } from '../clients/half-siphash.ts';

/** Of the longest name, 255 octets. */
const mostWords = 1 + 64;

/** Where a question lies, and the bits that belong to it. */
export interface KeyedQuestion {
  readonly octets: Uint8Array;
  readonly nameAt: number;
  /** With the root's octet. */
  readonly nameLength: number;
  readonly type: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export class QuestionKey {
  /** The first `count` are the key. */
  readonly words = new Int32Array(mostWords);
  count = 0;
  readonly #hash: HalfSipHash;

  constructor(key: HalfSipKey) {
    this.#hash = new HalfSipHash(key);
  }

  /** Chooses the bucket. */
  get placing(): number {
    return this.#hash.first;
  }

  /** Tells keys of one bucket apart, nearly always; never 0. */
  get tag(): number {
    return this.#hash.second | 1;
  }

  take({ octets, nameAt, nameLength, type, dnssecOk, checkingDisabled }: KeyedQuestion): void {
    const { words } = this;
    words[0] = (type << 16) | (dnssecOk ? 0x100 : 0) | (checkingDisabled ? 0x200 : 0) | nameLength;
    const end = nameAt + nameLength;
    let count = 1;
    let at = nameAt;
    for (; at + 4 <= end; at += 4, count += 1)
      words[count] = lowered(
        (octets[at] ?? 0) |
          ((octets[at + 1] ?? 0) << 8) |
          ((octets[at + 2] ?? 0) << 16) |
          ((octets[at + 3] ?? 0) << 24),
      );
    if (at < end) {
      let word = 0;
      for (let shift = 0; at < end; at += 1, shift += 8) word |= (octets[at] ?? 0) << shift;
      words[count] = lowered(word);
      count += 1;
    }
    this.count = count;
    this.#hash.hash(words, count);
  }
}

/** Four octets at once: the high bit of each says whether it is A to Z, and moves to where letters have their case. */
function lowered(word: number): number {
  const low = word & 0x7f7f7f7f;
  const isFromA = (low + 0x3f3f3f3f) | 0;
  const isPastZ = (low + 0x25252525) | 0;
  return word | ((isFromA & ~isPastZ & ~word & 0x80808080) >>> 2);
}
