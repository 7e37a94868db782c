/** A thread's side of the answer table (`answer-table.ts`): finds an answer, and writes its records as old as they are. */
import {
  bucketSlots,
  generationAt,
  mostRecords,
  slotLayout,
  slotWords,
  TablePlaces,
} from './answer-table.ts';
import type { QuestionKey } from './question-key.ts';

/** Where the records are written: `octets` has room for a slot from `at` on. */
export interface RecordsPlace {
  readonly octets: Uint8Array;
  readonly at: number;
}

export class AnswerReader {
  /** Of the table: entries of another are not given, nor any while it is in another itself. */
  generation = 0;
  /** Of the answer found last: octets of its records, and what its header says. */
  size = 0;
  headerBits = 0;
  answerCount = 0;
  authorityCount = 0;
  isDenial = false;
  readonly #words: Int32Array;
  readonly #places: TablePlaces;
  /** Of nobody else: written between reading and the second look, for the order that gives (`answer-table.ts`). */
  readonly #fence = new Int32Array(new SharedArrayBuffer(4));
  /** Of the answer being read. */
  readonly #ttlPlaces = new Int32Array(mostRecords);
  #ttlCount = 0;
  #ageSeconds = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#places = new TablePlaces(memory);
  }

  /** Whether there is a living answer; its records are written then. Where there is none, anything may be written. */
  find(key: QuestionKey, place: RecordsPlace, wallMs: number): boolean {
    const words = this.#words;
    if (words[generationAt] !== this.generation) return false;
    const bucket = this.#places.bucketOf(key.placing);
    const tags = this.#places.tagsOf(bucket);
    const { tag } = key;
    for (let way = 0; way < bucketSlots; way += 1) {
      if (words[tags + way] !== tag) continue;
      const slot = this.#places.slotsOf(bucket) + way * slotWords;
      const sequence = Atomics.load(words, slot);
      if ((sequence & 1) !== 0 || !this.#isLiving(slot, wallMs) || !this.#isOf(slot, key)) continue;
      this.#read(slot, slot + slotLayout.key + key.count, place);
      Atomics.store(this.#fence, 0, 0);
      if (Atomics.load(words, slot) !== sequence) return false;
      // Looked at first: an answer in use is hit by all threads, and none of them need have its line for itself.
      if (words[slot + slotLayout.hit] === 0) Atomics.store(words, slot + slotLayout.hit, 1);
      if (this.#ageSeconds > 0) this.#age(place);
      return true;
    }
    return false;
  }

  #isLiving(slot: number, wallMs: number): boolean {
    const words = this.#words;
    if (words[slot + slotLayout.generation] !== this.generation) return false;
    const untilMs = timeAt(words, slot + slotLayout.until);
    const storedMs = timeAt(words, slot + slotLayout.stored);
    if (wallMs >= untilMs || wallMs < storedMs) return false;
    this.#ageSeconds = Math.floor((wallMs - storedMs) / 1000);
    return true;
  }

  #isOf(slot: number, key: QuestionKey): boolean {
    const from = slot + slotLayout.key;
    for (let index = 0; index < key.count; index += 1)
      if (this.#words[from + index] !== key.words[index]) return false;
    return true;
  }

  /** Takes what may be torn: so every number is kept within what memory there is, the slot after it included. */
  #read(slot: number, from: number, { octets, at }: RecordsPlace): void {
    const words = this.#words;
    const sizes = words[slot + slotLayout.sizes] ?? 0;
    const header = words[slot + slotLayout.header] ?? 0;
    this.size = Math.min(sizes >>> 16, slotWords * 4);
    this.#ttlCount = Math.min((sizes >>> 8) & 0xff, mostRecords);
    this.isDenial = (sizes & 1) !== 0;
    this.headerBits = header >>> 16;
    this.answerCount = (header >>> 8) & 0xff;
    this.authorityCount = header & 0xff;
    let next = from;
    for (let index = 0; index < this.#ttlCount; index += 1, next += 1)
      this.#ttlPlaces[index] = words[next] ?? 0;
    const end = at + this.size;
    for (let to = at; to < end; to += 4, next += 1) {
      const word = words[next] ?? 0;
      octets[to] = word;
      octets[to + 1] = word >>> 8;
      octets[to + 2] = word >>> 16;
      octets[to + 3] = word >>> 24;
    }
  }

  /** No TTL falls below zero: an entry ends with the least of them. */
  #age({ octets, at }: RecordsPlace): void {
    for (let index = 0; index < this.#ttlCount; index += 1) {
      const ttlAt = at + (this.#ttlPlaces[index] ?? 0);
      const ttl =
        (((octets[ttlAt] ?? 0) << 24) |
          ((octets[ttlAt + 1] ?? 0) << 16) |
          ((octets[ttlAt + 2] ?? 0) << 8) |
          (octets[ttlAt + 3] ?? 0)) -
        this.#ageSeconds;
      octets[ttlAt] = ttl >>> 24;
      octets[ttlAt + 1] = ttl >>> 16;
      octets[ttlAt + 2] = ttl >>> 8;
      octets[ttlAt + 3] = ttl;
    }
  }
}

function timeAt(words: Int32Array, at: number): number {
  return (words[at] ?? 0) * 2 ** 32 + ((words[at + 1] ?? 0) >>> 0);
}
