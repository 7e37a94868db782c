/**
 * A cursor over one message, and the one place where compression pointers are followed.
 *
 * Reading is bounded whatever the octets say. A pointer must lead strictly before the octets that were being read, so
 * that no chain can loop; a name has at most 127 pointers and 255 octets; and all names of a message together may
 * expand to `decompressionBudget`, since 5000 records that each point into one long chain are 64 KB of legal-looking
 * input (CVE-2024-8508 is the same cost on the encoding side). A pointer to where a name was written before costs nothing:
 * it gives that same Name.
 *
 * Octets and uncompressed names in what is read are views into the message, never copies.
 */

import { headerSize } from './header.ts';
import { maxNameLength, type Name } from './name.ts';
import { uint16At } from './uint16.ts';
import { WireFault, type WireFaultCode } from './wire-fault.ts';

/**
 * Octets, plus one per pointer, that the compressed names of one message may expand to: twice the longest message.
 * A full 64 KB answer of SRV records under a 40-octet domain stays below it.
 */
export const decompressionBudget = 2 * 65_536;

/** A name of 255 octets has at most 127 labels, and a pointer that brings no label serves no honest writer. */
const pointerLimit = 127;

/** The two high bits of a label's first octet: 00 is a length up to 63, 11 a pointer, the rest unused (RFC 6891 section 5). */
const maxLabelMark = 0x3f;
const pointerMark = 0xc0;

export class Reader {
  readonly octets: Uint8Array;
  /** Where the next field is read. */
  offset = 0;
  /** What has been charged against `decompressionBudget`; exceeds it by less than one name. */
  expanded = 0;
  /** Where the message, or the RDATA being read, ends; and what running over it is called. */
  #limit: number;
  #overrun: WireFaultCode = 'truncated';
  /** Where compressed names are put together before their length is known; most messages need none. */
  #scratch: Uint8Array | undefined;
  /** Names by the offset they start at: the first that was read, and the others; many messages have no others. */
  #firstName: Name | undefined;
  #firstStart = 0;
  #names: Map<number, Name> | undefined;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.#limit = octets.length;
  }

  /** Octets left in the message, or in the RDATA being read. */
  get remaining(): number {
    return this.#limit - this.offset;
  }

  /** Confines reading to the next `length` octets, until `closeRdata`. */
  openRdata(length: number): void {
    if (length > this.remaining) throw this.fault('truncated', `RDATA of ${length} octets is cut off`);
    this.#limit = this.offset + length;
    this.#overrun = 'rdata-length';
  }

  /** @throws WireFault `rdata-length` unless every octet of the RDATA was read. */
  closeRdata(): void {
    if (this.remaining !== 0) throw this.fault('rdata-length', `${this.remaining} octets too many in RDATA`);
    this.#limit = this.octets.length;
    this.#overrun = 'truncated';
  }

  uint8(): number {
    return this.octets[this.#advance(1)] ?? 0;
  }

  uint16(): number {
    return uint16At(this.octets, this.#advance(2));
  }

  uint32(): number {
    const at = this.#advance(4);
    return uint16At(this.octets, at) * 0x1_0000 + uint16At(this.octets, at + 2);
  }

  /** The next `length` octets, as a view. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.octets.subarray(start, this.offset);
  }

  /** All that is left of the RDATA, as a view; may be empty. */
  takeRest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** A length octet and as many octets (RFC 1035 section 3.3), without the length octet. */
  characterString(): Uint8Array {
    return this.take(this.uint8());
  }

  /** A name, its pointers followed. */
  name(): Name {
    const start = this.offset;
    const end = this.#endOfLabels(start);
    const isPlain = this.octets[end] === 0;
    this.offset = isPlain ? end + 1 : end + 2;
    const known = end === start && !isPlain ? this.#nameAt(this.#target(end)) : undefined;
    if (known) return known;
    const name = isPlain ? this.octets.subarray(start, end + 1) : this.#expand(start);
    this.#remember(start, name);
    return name;
  }

  /** A name in a field where compression is not allowed (RFC 3597 section 4). */
  plainName(): Name {
    const start = this.offset;
    if (this.octets[this.#endOfLabels(start)] !== 0) {
      throw this.fault('pointer-forbidden', 'a compressed name where none may be');
    }
    return this.name();
  }

  /** A fault of this kind at the current octet. */
  fault(code: WireFaultCode, message: string, offset = this.offset): WireFault {
    return new WireFault(code, message, offset);
  }

  /** The offset of the root octet or the whole pointer that ends the labels at `start`. */
  #endOfLabels(start: number): number {
    let at = start;
    for (;;) {
      const mark = this.#labelMark(at, this.#limit, this.#overrun);
      if (mark === 0) return at;
      if (mark >= pointerMark) {
        if (at + 2 > this.#limit) throw this.fault(this.#overrun, 'a compression pointer is cut off', at);
        return at;
      }
      at += 1 + mark;
      if (at - start >= maxNameLength) throw this.fault('name-too-long', 'a name over 255 octets', start);
    }
  }

  /** The name at `start`, whose own labels end in a pointer. */
  #expand(start: number): Name {
    this.#scratch ??= new Uint8Array(maxNameLength);
    const expanded = this.#scratch;
    let length = 0;
    let pointers = 0;
    // A pointer names a prior occurrence (RFC 1035 section 4.1.4): all of it lies before the run of labels left behind.
    let runStart = start;
    let runLimit = this.#limit;
    for (let at = start; ; ) {
      const mark = this.#labelMark(at, runLimit, 'pointer-forward');
      if (mark >= pointerMark) {
        pointers += 1;
        if (pointers > pointerLimit)
          throw this.fault('pointer-limit', 'too many pointers in one name', start);
        runLimit = runStart;
        runStart = this.#earlierTarget(at, runStart);
        at = runStart;
        continue;
      }
      const next = at + 1 + mark;
      if (next > runLimit) throw this.fault('pointer-forward', 'a label runs into the pointer to it', at);
      const isRoot = mark === 0;
      // Every label but the root leaves room for the root.
      if (length + 1 + mark > maxNameLength - (isRoot ? 0 : 1)) {
        throw this.fault('name-too-long', 'a name over 255 octets', start);
      }
      for (; at < next; at += 1, length += 1) expanded[length] = this.octets[at] ?? 0;
      if (isRoot) break;
    }
    this.#charge(length + pointers, start);
    return expanded.slice(0, length);
  }

  #remember(start: number, name: Name): void {
    // The root is as short as a pointer to it.
    if (name.length === 1) return;
    if (!this.#firstName) {
      this.#firstName = name;
      this.#firstStart = start;
      return;
    }
    this.#names ??= new Map();
    this.#names.set(start, name);
  }

  #nameAt(start: number): Name | undefined {
    return start === this.#firstStart ? this.#firstName : this.#names?.get(start);
  }

  /** Where the pointer at `pointerAt` leads, if that is before `runStart`. */
  #earlierTarget(pointerAt: number, runStart: number): number {
    const target = this.#target(pointerAt);
    if (target < runStart && target >= headerSize) return target;
    throw this.fault('pointer-forward', `a pointer to ${target}, where no earlier name is`, pointerAt);
  }

  /** The octet at `at`: 0 for the root, a label's length, or `pointerMark` and above for a pointer. */
  #labelMark(at: number, limit: number, overrun: WireFaultCode): number {
    if (at >= limit) throw this.fault(overrun, 'a name has no end', at);
    const mark = this.octets[at] ?? 0;
    if (mark > maxLabelMark && mark < pointerMark) {
      throw this.fault('label-type', `label type 0x${mark.toString(16)}`, at);
    }
    return mark;
  }

  #target(pointerAt: number): number {
    return uint16At(this.octets, pointerAt) & 0x3fff;
  }

  #charge(cost: number, offset: number): void {
    this.expanded += cost;
    if (this.expanded > decompressionBudget) {
      throw this.fault('budget', `names that expand to over ${decompressionBudget} octets`, offset);
    }
  }

  /** Moves on by `length` octets and gives the offset before. */
  #advance(length: number): number {
    const start = this.offset;
    if (length > this.#limit - start) throw this.fault(this.#overrun, `${length} octets are not there`);
    this.offset = start + length;
    return start;
  }
}
