/** The fast path (`fast-path/fast-path.ts`) for datagrams that come one at a time, on the resolver's own thread. */
import type { Clock } from '../../system/clock.ts';
import { readAddressWords } from '../clients/address-words.ts';
import { type FastPath, type FastQuery, handOver, replyOctets } from '../fast-path/fast-path.ts';

/**
 * Octets of memory that replies are written into, one behind the other. None is written twice: what the kernel has no room
 * for is sent later, from where it lies.
 */
const pieceOctets = 64 * 1024;

export interface SingleRepliesOptions {
  readonly fastPath: FastPath;
  readonly clock: Clock;
  /** Of the address that is asked. */
  readonly isService: boolean;
}

export class SingleReplies {
  readonly #fastPath: FastPath;
  readonly #clock: Clock;
  /** The query of the moment, in one object for all of them. */
  readonly #query: { -readonly [Key in keyof FastQuery]: FastQuery[Key] };
  readonly #time = { wallMs: 0, monotonicMs: 0 };
  #next = 0;

  constructor({ fastPath, clock, isService }: SingleRepliesOptions) {
    this.#fastPath = fastPath;
    this.#clock = clock;
    this.#query = {
      octets: new Uint8Array(),
      at: 0,
      length: 0,
      words: new Int32Array(4),
      wordCount: 1,
      isService,
      reply: new Uint8Array(pieceOctets),
      replyAt: 0,
    };
  }

  /** The reply made last is `octets[at]` and what follows, as many as `answer` said. */
  get octets(): Uint8Array {
    return this.#query.reply;
  }

  get at(): number {
    return this.#query.replyAt;
  }

  /** What `FastPath.answer` gives. `address` is text, as the socket gives it. */
  answer(message: Uint8Array, address: string): number {
    const query = this.#query;
    const wordCount = readAddressWords(address, query.words);
    if (wordCount === 0) return handOver;
    query.octets = message;
    query.length = message.length;
    query.wordCount = wordCount;
    if (this.#next + replyOctets > pieceOctets) {
      query.reply = new Uint8Array(pieceOctets);
      this.#next = 0;
    }
    query.replyAt = this.#next;
    this.#time.wallMs = this.#clock.wallMs();
    this.#time.monotonicMs = this.#clock.monotonicMs();
    const size = this.#fastPath.answer(query, this.#time);
    // Each begins at a boundary of eight, as wide as the widest copy.
    if (size > 0) this.#next = (this.#next + size + 7) & ~7;
    return size;
  }
}
