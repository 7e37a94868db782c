/**
 * Which worker a name is for: the same one for all types of it, whatever the case of its letters. By a hash with a key of
 * this process alone, so that nobody can choose names that all go to one of them.
 */
import { lowerOctet, maxNameLength, type Name } from '../../dns/name.ts';
import { HalfSipHash, type HalfSipKey } from '../clients/half-siphash.ts';

export class NameHash {
  readonly #hash: HalfSipHash;
  readonly #words = new Int32Array(Math.ceil(maxNameLength / 4));

  constructor(key: HalfSipKey) {
    this.#hash = new HalfSipHash(key);
  }

  /** A number from 0 to `count` - 1. */
  place(name: Name, count: number): number {
    const words = this.#words;
    const used = Math.ceil(name.length / 4);
    for (let at = 0, word = 0; word < used; word += 1) {
      let octets = 0;
      // Past its end there are none: the last label of a name is the empty one, so that no two names look alike.
      for (let end = at + 4; at < end; at += 1) octets = (octets << 8) | lowerOctet(name[at] ?? 0);
      words[word] = octets;
    }
    this.#hash.hash(words, used);
    return (this.#hash.first >>> 0) % count;
  }
}
