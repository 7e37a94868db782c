/**
 * Very many names in little memory: octets one after the other in one buffer, found through a table of offsets (open
 * addressing). Some 30 octets a name, no object of their own, nothing for the garbage collector to look at.
 *
 * All ancestors of a name are looked up in one pass over its octets: the hash runs from the root leftwards, and its value at
 * the beginning of each label is that of one ancestor. The seed is random, so that nobody can write down names that meet.
 */
import { setImmediate } from 'node:timers/promises';
import { lowerOctet, type Name } from '../../../dns/name.ts';

/** Names entered before others get a turn of the event loop: a millisecond or two. */
const namesPerTurn = 4096;

/** A name has at most 127 labels and the root (RFC 1035 section 2.3.4). */
const mostLabels = 128;

/** Octets of a value, before its name. */
const valueOctets = 4;

/** Takes names, gives the table. */
export class NameTableBuilder {
  #octets = new Uint8Array(4096);
  #length = 0;
  #count = 0;

  add(name: Name, value: number): void {
    const needed = this.#length + valueOctets + name.length;
    if (needed > this.#octets.length) {
      const larger = new Uint8Array(Math.max(needed, this.#octets.length * 2));
      larger.set(this.#octets);
      this.#octets = larger;
    }
    const octets = this.#octets;
    let at = this.#length;
    for (let shift = 0; shift < valueOctets * 8; shift += 8) octets[at++] = (value >>> shift) & 0xff;
    for (let index = 0; index < name.length; index += 1) octets[at++] = lowerOctet(name[index] ?? 0);
    this.#length = at;
    this.#count += 1;
  }

  /** Of names entered twice the first stays. */
  async finish(seed: number): Promise<NameTable> {
    const table = new NameTable(this.#octets.slice(0, this.#length), this.#count, seed);
    let at = 0;
    for (let left = this.#count; left > 0; left -= 1) {
      at = table.enter(at);
      if (left % namesPerTurn === 0) await setImmediate();
    }
    return table;
  }
}

export class NameTable {
  readonly #octets: Uint8Array;
  /** Offsets of names plus one, 0 for a free slot. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #seed: number;
  /** The ancestors of the name that is looked up: where each begins, and its hash. Made once: look-ups are synchronous. */
  readonly #starts = new Uint8Array(mostLabels);
  readonly #hashes = new Uint32Array(mostLabels);
  #size = 0;

  constructor(octets: Uint8Array, count: number, seed: number) {
    this.#octets = octets;
    // At most three quarters full.
    const slots = 2 ** Math.ceil(Math.log2(Math.max(8, (count * 4) / 3)));
    this.#slots = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#seed = seed;
  }

  /** Names, each once. */
  get size(): number {
    return this.#size;
  }

  /** Octets of memory. */
  get bytes(): number {
    return this.#octets.length + this.#slots.byteLength;
  }

  /** The builder's: enters the name whose value is at this offset, and gives the next one's. */
  enter(at: number): number {
    const start = at + valueOctets;
    let end = start;
    while (this.#octets[end]) end += 1 + (this.#octets[end] ?? 0);
    const name = this.#octets.subarray(start, end + 1);
    this.#hash(name);
    const slot = this.#slotOf(name, 0, this.#hashes[0] ?? 0);
    if (this.#slots[slot] === 0) {
      this.#slots[slot] = start + 1;
      this.#size += 1;
    }
    return end + 1;
  }

  /** The value of the name itself. */
  find(name: Name): number | undefined {
    if (this.#size === 0) return undefined;
    this.#hash(name);
    return this.#at(name, 0);
  }

  /** The value of the longest name here that `name` lies below, or is unless `isBelow`. */
  findAncestor(name: Name, isBelow: boolean): number | undefined {
    if (this.#size === 0) return undefined;
    const labels = this.#hash(name);
    for (let label = isBelow ? 1 : 0; label < labels; label += 1) {
      const value = this.#at(name, label);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #at(name: Name, label: number): number | undefined {
    const found = this.#slots[this.#slotOf(name, this.#starts[label] ?? 0, this.#hashes[label] ?? 0)] ?? 0;
    if (found === 0) return undefined;
    const at = found - 1 - valueOctets;
    const octet = (index: number): number => this.#octets[at + index] ?? 0;
    return (octet(0) | (octet(1) << 8) | (octet(2) << 16) | (octet(3) << 24)) >>> 0;
  }

  /** The slot that holds the tail of `name`, or the free one where it would be. */
  #slotOf(name: Name, start: number, hash: number): number {
    let slot = hash & this.#mask;
    for (;;) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || this.#isSame(name, start, found - 1)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Equal up to the root's zero of the one is equal to the end: the length octets have been compared too. */
  #isSame(name: Name, start: number, at: number): boolean {
    for (let index = start; index < name.length; index += 1) {
      if (lowerOctet(name[index] ?? 0) !== this.#octets[at + index - start]) return false;
    }
    return true;
  }

  /** Fills in the ancestors, the name itself first and the root last, and gives their number. */
  #hash(name: Name): number {
    let labels = 0;
    for (let at = 0; at < name.length; at += 1 + (name[at] ?? 0)) {
      this.#starts[labels] = at;
      labels += 1;
    }
    let hash = this.#seed;
    let label = labels - 1;
    for (let at = name.length - 1; at >= 0; at -= 1) {
      // FNV-1a's step.
      hash = Math.imul(hash ^ lowerOctet(name[at] ?? 0), 0x01000193);
      if (at !== this.#starts[label]) continue;
      this.#hashes[label] = mixed(hash);
      label -= 1;
    }
    return labels;
  }
}

/** MurmurHash3's end, which spreads FNV's high bits over the low ones that choose the slot. */
function mixed(hash: number): number {
  let value = hash;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
