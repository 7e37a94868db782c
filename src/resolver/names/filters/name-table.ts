/**
 * Very many names in little memory: octets one after the other in pages, found through a table of their places (open
 * addressing). Some 40 octets a name, no object of their own, nothing for the garbage collector to look at.
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

/** Octets of a page, a power of two: what is copied or cleared in one go takes well under a millisecond. */
const pageBits = 18;
const pageSize = 1 << pageBits;
const pageMask = pageSize - 1;

/** Takes names, gives the table. An entry is a value and a name; none lies in two pages. */
export class NameTableBuilder {
  readonly #pages: Uint8Array[] = [];
  /** Octets in use of each page. */
  readonly #used: number[] = [];
  #count = 0;

  add(name: Name, value: number): void {
    const { octets, at: start } = this.#room(valueOctets + name.length);
    let at = start;
    for (let shift = 0; shift < valueOctets * 8; shift += 8) octets[at++] = (value >>> shift) & 0xff;
    for (let index = 0; index < name.length; index += 1) octets[at++] = lowerOctet(name[index] ?? 0);
    this.#used[this.#used.length - 1] = at;
    this.#count += 1;
  }

  /** Of names entered twice the first stays. Nothing can be added after. */
  async finish(seed: number): Promise<NameTable> {
    const last = this.#pages.at(-1);
    // A small table is to have no more than it needs.
    if (last) this.#pages[this.#pages.length - 1] = last.slice(0, this.#used.at(-1));
    const table = new NameTable(this.#pages, this.#count, seed);
    let entered = 0;
    for (const [page, end] of this.#used.entries()) {
      for (let at = 0; at < end; ) {
        at = table.enter(page, at);
        entered += 1;
        if (entered % namesPerTurn === 0) await setImmediate();
      }
    }
    return table;
  }

  #room(length: number): { octets: Uint8Array; at: number } {
    const octets = this.#pages.at(-1);
    const at = this.#used.at(-1) ?? 0;
    if (octets && at + length <= pageSize) return { octets, at };
    const page = new Uint8Array(pageSize);
    this.#pages.push(page);
    this.#used.push(0);
    return { octets: page, at: 0 };
  }
}

export class NameTable {
  readonly #pages: readonly Uint8Array[];
  /** Where names begin, page and octet in one number, plus one; 0 for a free slot. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #seed: number;
  /** The ancestors of the name that is looked up: where each begins, and its hash. Made once: look-ups are synchronous. */
  readonly #starts = new Uint8Array(mostLabels);
  readonly #hashes = new Uint32Array(mostLabels);
  #size = 0;

  constructor(pages: readonly Uint8Array[], count: number, seed: number) {
    this.#pages = pages;
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
    return this.#pages.reduce((sum, { length }) => sum + length, this.#slots.byteLength);
  }

  /** The builder's: enters the name whose value is at this octet of the page, and gives the next one's. */
  enter(page: number, at: number): number {
    const octets = this.#pages[page] ?? nothing;
    const start = at + valueOctets;
    let end = start;
    while (octets[end]) end += 1 + (octets[end] ?? 0);
    const name = octets.subarray(start, end + 1);
    this.#hash(name);
    const slot = this.#slotOf(name, 0, this.#hashes[0] ?? 0);
    if (this.#slots[slot] === 0) {
      this.#slots[slot] = page * pageSize + start + 1;
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
    const octets = this.#pages[(found - 1) >>> pageBits] ?? nothing;
    const at = ((found - 1) & pageMask) - valueOctets;
    const octet = (index: number): number => octets[at + index] ?? 0;
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
  #isSame(name: Name, start: number, place: number): boolean {
    const octets = this.#pages[place >>> pageBits] ?? nothing;
    const at = place & pageMask;
    for (let index = start; index < name.length; index += 1) {
      if (lowerOctet(name[index] ?? 0) !== octets[at + index - start]) return false;
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

const nothing = new Uint8Array(0);

/** MurmurHash3's end, which spreads FNV's high bits over the low ones that choose the slot. */
function mixed(hash: number): number {
  let value = hash;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
