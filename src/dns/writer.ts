/**
 * A growing buffer for one message, and the one place where names are compressed.
 *
 * Compression is bounded: suffixes of names already written are kept in a hash table of fixed size that is never grown
 * or evicted from, each lookup tries a few slots, and a match is verified against the octets themselves, so that
 * neither many names nor colliding ones cost more than a few passes over their own octets (CVE-2024-8508 is a resolver
 * that spent its time here). Letter case does not stop a match: a client that mixes the case of its question (0x20)
 * would otherwise get every owner in full. So the letters of a later name may come out in an earlier one's case.
 */
import { findLabels, lowerOctet, maxLabels, type Name } from './name.ts';

/** Most answers have fewer than 100 distinct suffixes; a power of two, so that a hash is masked. */
const targetSlots = 256;
/** Slots tried per suffix. At half load, four neighbours are all taken once in sixteen times; the name is then just longer. */
const probes = 4;
/** A pointer has 14 bits (RFC 1035 section 4.1.4). */
const maxPointer = 0x3fff;
const pointerBits = 0xc000;

/** Most messages fit, and a larger one doubles it. */
const initialSize = 512;

/** Buffers are cut from slabs of this size: to have memory from the system costs more than to write a message. */
const slabSize = 16 * initialSize;
let slab = new Uint8Array(slabSize);
let slabUsed = 0;

/**
 * Where names lie that were written, by hash: the number of their writer and their offset in one number. One table for all
 * writers, as emptying one for each costs more than to fill it; the entries of others are free slots to a writer. Where one
 * takes another's, a name of his is written in full.
 */
const targets = new Float64Array(targetSlots);
const offsetRange = maxPointer + 1;
let writers = 0;

/** Where the labels of the name begin that is being written. */
const starts = new Uint8Array(maxLabels);

export class Writer {
  /** Octets written so far. */
  length = 0;
  #octets: Uint8Array;
  /** What entries of this writer's begin from; no other has the same, nor is it 0. */
  readonly #entries: number;

  constructor() {
    if (slabUsed + initialSize > slabSize) {
      slab = new Uint8Array(slabSize);
      slabUsed = 0;
    }
    this.#octets = slab.subarray(slabUsed, slabUsed + initialSize);
    slabUsed += initialSize;
    writers += 1;
    this.#entries = writers * offsetRange;
  }

  /** What has been written: a view of the buffer, not to be written to further. */
  written(): Uint8Array {
    return this.#octets.subarray(0, this.length);
  }

  /** As `written`, at the end: gives back what the buffer has besides. Nothing may be written after it. */
  finish(): Uint8Array {
    const { buffer, byteOffset } = this.#octets;
    const isLatest = buffer === slab.buffer && byteOffset + initialSize === slabUsed;
    if (isLatest) slabUsed = byteOffset + this.length;
    return this.written();
  }

  uint8(value: number): void {
    const at = this.#advance(1);
    this.#octets[at] = value;
  }

  uint16(value: number): void {
    this.setUint16(this.#advance(2), value);
  }

  uint32(value: number): void {
    const at = this.#advance(4);
    this.setUint16(at, value >>> 16);
    this.setUint16(at + 2, value);
  }

  /** Overwrites two octets written before. */
  setUint16(at: number, value: number): void {
    this.#octets[at] = value >>> 8;
    this.#octets[at + 1] = value;
  }

  bytes(octets: Uint8Array): void {
    const at = this.#advance(octets.length);
    this.#octets.set(octets, at);
  }

  /** A length octet and the octets. @throws RangeError over 255 octets. */
  characterString(octets: Uint8Array): void {
    if (octets.length > 0xff)
      throw new RangeError(`a character-string of ${octets.length} octets, at most 255`);
    this.uint8(octets.length);
    this.bytes(octets);
  }

  /** A name in full. */
  name(name: Name): void {
    this.bytes(name);
  }

  /** A name, its longest suffix that was written before replaced by a pointer. */
  compressedName(name: Name): void {
    const base = this.length;
    const labels = findLabels(name, starts);
    let cut = name.length - 1;
    let target = 0;
    let matching = true;
    let hash = 0;
    // From the right: every suffix of a written name is in the table, so that the first miss is the end of the match.
    for (let index = labels - 1; index >= 0; index -= 1) {
      const start = starts[index] ?? 0;
      hash = hashLabel(hash, name, start);
      const found: number = matching ? this.#find(hash, name, start) : 0;
      matching = found !== 0;
      if (found !== 0) {
        target = found;
        cut = start;
      } else if (base + start <= maxPointer) {
        this.#remember(hash, base + start);
      }
    }
    this.#advance(cut);
    for (let at = 0; at < cut; at += 1) this.#octets[base + at] = name[at] ?? 0;
    if (target === 0) this.uint8(0);
    else this.uint16(pointerBits | target);
  }

  /** Leaves room for a 16-bit length and gives its place, for `closeLength`. */
  openLength(): number {
    return this.#advance(2);
  }

  /** Fills in the length of what was written since. @throws RangeError when it does not fit 16 bits. */
  closeLength(at: number): void {
    const length = this.length - at - 2;
    if (length > 0xffff) throw new RangeError(`a field of ${length} octets, at most 65535`);
    this.setUint16(at, length);
  }

  /** Takes back everything from `length` on. */
  rewind(length: number): void {
    this.length = length;
    for (let slot = 0; slot < targetSlots; slot += 1) {
      if (this.#targetIn(slot) >= length) targets[slot] = 0;
    }
  }

  /** The offset of a name; 0 where there is none of this writer's, since no name lies in the header. */
  #targetIn(slot: number): number {
    const offset = (targets[slot] ?? 0) - this.#entries;
    return offset > 0 && offset < offsetRange ? offset : 0;
  }

  #find(hash: number, name: Name, start: number): number {
    for (let probe = 0; probe < probes; probe += 1) {
      const target = this.#targetIn((hash + probe) & (targetSlots - 1));
      if (target !== 0 && this.#holds(target, name, start)) return target;
    }
    return 0;
  }

  #remember(hash: number, offset: number): void {
    for (let probe = 0; probe < probes; probe += 1) {
      const slot = (hash + probe) & (targetSlots - 1);
      if (this.#targetIn(slot) !== 0) continue;
      targets[slot] = this.#entries + offset;
      return;
    }
  }

  /** Whether the name written at `target` is the part of `name` from `start` on. */
  #holds(target: number, name: Name, start: number): boolean {
    let at = target;
    let labelEnd = target;
    for (let index = start; index < name.length; index += 1) {
      if (at === labelEnd) {
        // A label begins: it may be reached by a pointer, which leads to a label, never to another pointer.
        const mark = this.#octets[at] ?? 0;
        if (mark >= pointerBits >> 8) at = ((mark << 8) | (this.#octets[at + 1] ?? 0)) & maxPointer;
        labelEnd = at + 1 + (this.#octets[at] ?? 0);
        if (this.#octets[at] !== name[index]) return false;
      } else if (lowerOctet(this.#octets[at] ?? 0) !== lowerOctet(name[index] ?? 0)) {
        return false;
      }
      at += 1;
    }
    return true;
  }

  /** Makes room for `count` octets and gives the offset before. May replace the buffer: call it before naming that. */
  #advance(count: number): number {
    const start = this.length;
    this.length = start + count;
    if (this.length > this.#octets.length) this.#grow();
    return start;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.max(this.length, this.#octets.length * 2));
    larger.set(this.#octets);
    this.#octets = larger;
  }
}

/** FNV-1a (its 32-bit prime) over the lower-cased label at `start`, going on from the hash of what follows it. */
function hashLabel(seed: number, name: Name, start: number): number {
  let hash = seed;
  const end = start + 1 + (name[start] ?? 0);
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash ^ lowerOctet(name[at] ?? 0), 0x01000193);
  }
  // The low bits choose the slot, and multiplication carries upwards only.
  return hash ^ (hash >>> 15);
}
