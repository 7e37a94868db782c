/**
 * A reply as it waits to be asked for: its records as one string of octets.
 *
 * Most answers are never asked for again. As objects and views each takes 1.3 KB, all of which the collector copies and
 * walks; packed, a quarter of that. The first hit unpacks it for good (`answer-cache.ts`).
 */
import type { Reply } from '../reply.ts';
import { octetsToRecords, octetsToText, recordsToOctets, textToOctets } from './record-wire.ts';

export class PackedReply {
  /** All of the reply but its records. */
  readonly #rest: Pick<Reply, 'rcode' | 'authoritative' | 'options' | 'nameservers'>;
  readonly #records: string;
  /** How many of the records are answers; they stand first. */
  readonly #answers: number;

  constructor({ rcode, authoritative, options, nameservers, answers, authorities }: Reply) {
    this.#rest = { rcode, authoritative, options, ...(nameservers && { nameservers }) };
    const records = authorities.length === 0 ? answers : [...answers, ...authorities];
    this.#records = octetsToText(recordsToOctets(records));
    this.#answers = answers.length;
  }

  /** Octets of the records. */
  get length(): number {
    return this.#records.length;
  }

  /** Its records are made anew each time. */
  unpacked(): Reply {
    const records = octetsToRecords(textToOctets(this.#records));
    return {
      ...this.#rest,
      answers: records.slice(0, this.#answers),
      authorities: records.slice(this.#answers),
      origin: 'cache',
    };
  }
}
