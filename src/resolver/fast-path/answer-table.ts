/**
 * The answers that threads may give: a table in shared memory, written by the resolver's own thread and read by all others
 * without locks.
 *
 * ```
 *   header | tags of all buckets | slots of all buckets | room that no slot has
 *   tags: a word for each of a bucket's slots, 0 for empty; a hint, so that a miss costs one cache line
 *   slot: sequence, generation, hit, times, sizes | key | places of TTLs | records
 * ```
 *
 * A slot's sequence is odd while it is written. A reader takes it, then what it wants, then looks at it again; where it
 * differs, what was read is thrown away and the query handed over. Until then no number read is an index but within bounds
 * whatever it is. Why what remains is whole, on x86-64 and arm64 (V8 moves no access across an Atomics call):
 * - The writer stores by Atomics alone, and none of those (STLR) is seen before an earlier one: the odd number first.
 * - The first look (LDAR) comes before all plain loads after it.
 * - Plain loads come before an Atomics store to a word of the thread's own (STLR), and that before the second look: no LDAR
 *   passes an earlier STLR. An Atomics load alone would not do: plain loads may come after it. Nor would it cost less to
 *   write to the sequence itself: that pulls the line of an answer in use from core to core. x86-64 keeps loads in order.
 * Atomics loads throughout would need no such argument, but each is a call in V8: they cost more than all the rest.
 *
 * Raising the generation ends all entries at once. In a full bucket what is dead goes, then what was not hit since it was
 * put there; where all were hit, they are asked to show it again and the new one stays out. So names that are asked once
 * or twice, however many, push out each other. Replies too long for a slot are the pipeline's.
 */
import type { QuestionKey } from './question-key.ts';

/** Octets 512: an answer with a signature fits, a proof of absence does not. */
export const slotWords = 128;
export const bucketSlots = 8;
export const headerWords = 16;

/** Words of the header. */
export const generationAt = 0;

/** Words of a slot. Times are of the wall clock in milliseconds, high and low half. */
export const slotLayout = {
  sequence: 0,
  generation: 1,
  hit: 2,
  stored: 3,
  until: 5,
  /** Octets of the records (16), number of TTLs (8), 1 for a denial (8). */
  sizes: 7,
  /** The reply's second pair of octets (16), records in answer (8) and authority section (8). */
  header: 8,
  key: 9,
} as const;

/** Records of one answer. */
export const mostRecords = 32;

/** An answer as it is put in: its records as they follow the question, with the TTLs they had when they were stored. */
export interface TableAnswer {
  readonly records: Uint8Array;
  /** From the start of the records. */
  readonly ttlPlaces: readonly number[];
  readonly headerBits: number;
  readonly answerCount: number;
  readonly authorityCount: number;
  readonly isDenial: boolean;
  readonly storedMs: number;
  readonly untilMs: number;
}

/** The largest table of at most this many octets; at least one bucket. */
export function createTableMemory(mostOctets: number): SharedArrayBuffer {
  const fixed = headerWords + slotWords;
  const perBucket = bucketSlots * (1 + slotWords);
  const buckets = Math.max(1, Math.floor((mostOctets / 4 - fixed) / perBucket));
  return new SharedArrayBuffer(4 * (fixed + buckets * perBucket));
}

/** Which bucket a hash falls into, and where it lies. */
export class TablePlaces {
  readonly buckets: number;

  constructor(memory: SharedArrayBuffer) {
    this.buckets = Math.floor(
      (memory.byteLength / 4 - headerWords - slotWords) / (bucketSlots * (1 + slotWords)),
    );
  }

  bucketOf(placing: number): number {
    return Math.floor(((placing >>> 0) * this.buckets) / 2 ** 32);
  }

  tagsOf(bucket: number): number {
    return headerWords + bucket * bucketSlots;
  }

  slotsOf(bucket: number): number {
    return headerWords + this.buckets * bucketSlots + bucket * bucketSlots * slotWords;
  }
}

/** The writer's side. */
export class AnswerTable {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #places: TablePlaces;
  /** Where in a bucket the next one in need looks first. */
  #turn = 0;

  constructor(mostOctets: number) {
    this.memory = createTableMemory(mostOctets);
    this.#words = new Int32Array(this.memory);
    this.#places = new TablePlaces(this.memory);
  }

  get slots(): number {
    return this.#places.buckets * bucketSlots;
  }

  get generation(): number {
    return Atomics.load(this.#words, generationAt);
  }

  /** Ends all entries. */
  clear(): void {
    Atomics.add(this.#words, generationAt, 1);
  }

  /** Whether there is a living answer for this key. */
  holds(key: QuestionKey, wallMs: number): boolean {
    const slot = this.#slotOf(key);
    return slot >= 0 && this.#isLiving(slot, wallMs);
  }

  /** Whether the answer fits a slot. */
  fits({ records, ttlPlaces }: TableAnswer, key: QuestionKey): boolean {
    const words = slotLayout.key + key.count + ttlPlaces.length + ((records.length + 3) >> 2);
    return words <= slotWords && ttlPlaces.length <= mostRecords;
  }

  /** A slot for this key, -1 where all that the bucket holds is in use. Asked for once before each `put`. */
  roomFor(key: QuestionKey, wallMs: number): number {
    const own = this.#slotOf(key);
    if (own >= 0) return own;
    const bucket = this.#places.bucketOf(key.placing);
    const tags = this.#places.tagsOf(bucket);
    const slots = this.#places.slotsOf(bucket);
    let unused = -1;
    for (let step = 0; step < bucketSlots; step += 1) {
      const way = (this.#turn + step) % bucketSlots;
      const slot = slots + way * slotWords;
      if (this.#words[tags + way] === 0 || !this.#isLiving(slot, wallMs)) return slot;
      if (unused < 0 && Atomics.load(this.#words, slot + slotLayout.hit) === 0) unused = slot;
    }
    this.#turn += 1;
    if (unused >= 0) return unused;
    for (let way = 0; way < bucketSlots; way += 1)
      Atomics.store(this.#words, slots + way * slotWords + slotLayout.hit, 0);
    return -1;
  }

  /** Puts what `fits` into a slot that `roomFor` gave. */
  put(slot: number, key: QuestionKey, answer: TableAnswer): void {
    const words = this.#words;
    const sequence = Atomics.load(words, slot);
    Atomics.store(words, slot, sequence | 1);
    const set = (at: number, value: number): void => {
      Atomics.store(words, slot + at, value);
    };
    set(slotLayout.generation, this.generation);
    set(slotLayout.hit, 0);
    // Whole milliseconds, as the wall clock gives: up and down, so that at no such time it looks younger or lives longer.
    const storedMs = Math.ceil(answer.storedMs);
    const untilMs = Math.floor(answer.untilMs);
    set(slotLayout.stored, Math.floor(storedMs / 2 ** 32));
    set(slotLayout.stored + 1, storedMs % 2 ** 32);
    set(slotLayout.until, Math.floor(untilMs / 2 ** 32));
    set(slotLayout.until + 1, untilMs % 2 ** 32);
    const { records, ttlPlaces } = answer;
    set(slotLayout.sizes, (records.length << 16) | (ttlPlaces.length << 8) | (answer.isDenial ? 1 : 0));
    set(slotLayout.header, (answer.headerBits << 16) | (answer.answerCount << 8) | answer.authorityCount);
    let at: number = slotLayout.key;
    for (let index = 0; index < key.count; index += 1, at += 1) set(at, key.words[index] ?? 0);
    for (const place of ttlPlaces) {
      set(at, place);
      at += 1;
    }
    for (let from = 0; from < records.length; from += 4, at += 1) set(at, littleEndian(records, from));
    Atomics.store(words, this.#tagOf(slot), key.tag);
    Atomics.store(words, slot, (sequence | 1) + 1);
  }

  #slotOf(key: QuestionKey): number {
    const bucket = this.#places.bucketOf(key.placing);
    const tags = this.#places.tagsOf(bucket);
    for (let way = 0; way < bucketSlots; way += 1) {
      const slot = this.#places.slotsOf(bucket) + way * slotWords;
      if (this.#words[tags + way] === key.tag && this.#isOf(slot, key)) return slot;
    }
    return -1;
  }

  #isOf(slot: number, key: QuestionKey): boolean {
    for (let index = 0; index < key.count; index += 1)
      if (this.#words[slot + slotLayout.key + index] !== key.words[index]) return false;
    return true;
  }

  #isLiving(slot: number, wallMs: number): boolean {
    const { generation, stored, until } = slotLayout;
    const isOld = this.#words[slot + generation] !== this.generation;
    return !isOld && wallMs < this.#timeAt(slot + until) && wallMs >= this.#timeAt(slot + stored);
  }

  #timeAt(at: number): number {
    return (this.#words[at] ?? 0) * 2 ** 32 + ((this.#words[at + 1] ?? 0) >>> 0);
  }

  #tagOf(slot: number): number {
    return headerWords + (slot - this.#places.slotsOf(0)) / slotWords;
  }
}

function littleEndian(octets: Uint8Array, at: number): number {
  let word = 0;
  for (let index = 0; index < 4; index += 1) word |= (octets[at + index] ?? 0) << (index * 8);
  return word;
}
