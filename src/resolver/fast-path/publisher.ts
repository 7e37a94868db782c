/**
 * Which replies threads may give without the pipeline: those that everyone who asks would get alike, straight from the answer
 * cache. So nothing that was asked once ever gets here. What a policy has changed is no longer what the cache holds, and is
 * found by comparing the two; so a policy that is new does no harm by what it changes, only by what it leaves to some.
 *
 *   policy               is its reply published?
 *   sanity               what it refuses, never; nor is another class than IN
 *   access, rate-limit   threads do as they do (`answer-plain.ts`)
 *   identity             NSID is added anew by whoever answers; any other option keeps a reply out
 *   minimal-any, recursion-desired    never; a query without RD neither has its reply published nor is answered by a thread
 *   dns64                AAAA where all clients get it as it is: it denies the name, or the client validates, or the prefix is
 *                        for everyone and there are AAAA records; PTR where the prefix is for everyone
 *   local-records, steered, special-use   never: what they answer is not the cache's
 *   filter               nothing while a zone goes by clients; nothing that a list or zone speaks of, `pass` included: it counts
 *   rebinding            what it has taken nothing from
 *   cache                what is fresh, until it ends or is to be refreshed; stale answers never
 *   in-flight, resolve   never: these are not from the cache
 *
 * An entry is given for at most some seconds, of which each has its own number: those that were put here together shall not
 * end together. Then one query goes through the pipeline, which shows the cache that the answer
 * is in use, and puts it here again. While an answer is being refreshed it is for a second, so that the new one is soon there.
 */

import type { NamesConfig } from '../../config/resolver/names.ts';
import { optionCodes } from '../../dns/edns.ts';
import { headerBits, headerSize } from '../../dns/header.ts';
import { encodeMessage, type Question, type ResourceRecord } from '../../dns/message.ts';
import { opcodes } from '../../dns/opcode.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Clock } from '../../system/clock.ts';
import type { AnswerCache, AnswerEntry } from '../cache/answer-cache.ts';
import { type AnswerFlags, answerFlags } from '../cache/answer-key.ts';
import type { HalfSipKey } from '../clients/half-siphash.ts';
import { udpPayloadSize } from '../listeners/udp-sizes.ts';
import { judgeQuestion, judgeReply } from '../names/filters/verdict.ts';
import type { Names } from '../names/names.ts';
import type { ClientQuery } from '../policy.ts';
import type { Reply } from '../reply.ts';
import type { AnswerTable, TableAnswer } from './answer-table.ts';
import { questionTail } from './plain-query.ts';
import { QuestionKey } from './question-key.ts';
import { ttlPlacesOf } from './ttl-places.ts';

/**
 * Milliseconds: an entry's own time lies between half of this and all of it. Long against the microseconds of a query, short
 * against a round of the cache's own eviction.
 */
const longestMs = 30_000;
const whileRefreshingMs = 1000;

export interface PublisherParts {
  readonly table: AnswerTable;
  readonly hashKey: HalfSipKey;
  readonly cache: AnswerCache;
  readonly names: Names;
  readonly clock: Clock;
  /** Of the configuration in force when asked. */
  readonly config: { readonly dns64: NamesConfig['dns64']; readonly prefetch: boolean };
}

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #key: QuestionKey;
  /** Entries of the cache that are too long for a slot: encoded once, not at each hit. */
  readonly #unfit = new WeakSet<AnswerEntry>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#key = new QuestionKey(parts.hashKey);
  }

  /** What the pipeline has just answered, at once. */
  consider({ message, question }: ClientQuery, reply: Reply): void {
    if (reply.origin !== 'cache' || question.class !== recordClasses.IN || !message.flags.rd) return;
    const { table, cache, clock } = this.#parts;
    const { name, type } = question;
    const flags = answerFlags(message);
    this.#key.take({ octets: name, nameAt: 0, nameLength: name.length, type, ...flags });
    const wallMs = clock.wallMs();
    if (table.holds(this.#key, wallMs)) return;
    const entry = cache.findEntry(question, flags, wallMs);
    if (!entry || this.#unfit.has(entry) || !isAsKept(reply, entry, wallMs)) return;
    if (!this.#isForAll(question, flags, reply)) return;
    const untilMs = Math.min(entry.expiresMs, this.#dueMs(entry, wallMs));
    if (untilMs <= wallMs) return;
    const slot = table.roomFor(this.#key, wallMs);
    if (slot < 0) return;
    const answer = tableAnswer(question, flags, { entry, untilMs });
    if (answer && table.fits(answer, this.#key)) table.put(slot, this.#key, answer);
    else this.#unfit.add(entry);
  }

  /** When the pipeline must see a query for this again. */
  #dueMs(entry: AnswerEntry, wallMs: number): number {
    const longMs = wallMs + (longestMs / 2) * (1 + (this.#key.placing >>> 0) / 2 ** 32);
    if (!this.#parts.config.prefetch) return longMs;
    if (entry.isRefreshing) return wallMs + whileRefreshingMs;
    return Math.min(entry.refreshMs, longMs);
  }

  /** Whether every client gets this reply that may ask at all, and no policy counts it. */
  #isForAll(question: Question, flags: AnswerFlags, reply: Reply): boolean {
    const { zones } = this.#parts.names.filters;
    if (!isForAllOfDns64(this.#parts.config.dns64, question.type, { flags, reply })) return false;
    if (zones.length === 0) return true;
    if (zones.some(({ looksAtClients }) => looksAtClients)) return false;
    return (
      judgeQuestion(zones, question, nobody) === undefined &&
      judgeReply(zones, reply, { question, client: nobody }) === undefined
    );
  }
}

function isForAllOfDns64(
  dns64: NamesConfig['dns64'],
  type: number,
  { flags, reply }: { readonly flags: AnswerFlags; readonly reply: Reply },
): boolean {
  if (!dns64) return true;
  if (type === recordTypes.PTR) return !dns64.clients;
  if (type !== recordTypes.AAAA || reply.rcode === rcodes.NXDOMAIN) return true;
  if (flags.dnssecOk && flags.checkingDisabled) return true;
  return !dns64.clients && reply.answers.some(record => record.type === recordTypes.AAAA);
}

function nobody(): Uint8Array {
  return new Uint8Array();
}

/** Whether the reply is what the cache holds, as old as it is, and nothing else. */
function isAsKept(reply: Reply, { reply: kept, storedMs }: AnswerEntry, wallMs: number): boolean {
  const ageSeconds = Math.floor((wallMs - storedMs) / 1000);
  return (
    reply.rcode === kept.rcode &&
    reply.authoritative === kept.authoritative &&
    !reply.isTruncated &&
    kept.options.length === 0 &&
    reply.options.every(({ code }) => code === optionCodes.nsid) &&
    areSame(reply.answers, kept.answers, ageSeconds) &&
    areSame(reply.authorities, kept.authorities, ageSeconds)
  );
}

function areSame(
  given: readonly ResourceRecord[],
  kept: readonly ResourceRecord[],
  ageSeconds: number,
): boolean {
  if (given.length !== kept.length) return false;
  return given.every((record, index) => {
    const own = kept[index];
    if (!own || record.ttl !== Math.max(0, own.ttl - ageSeconds)) return false;
    return record.rdata === own.rdata && record.name === own.name && record.type === own.type;
  });
}

/** Undefined for what no slot could hold or a thread could not give as it is. */
function tableAnswer(
  question: Question,
  { checkingDisabled }: AnswerFlags,
  { entry, untilMs }: { readonly entry: AnswerEntry; readonly untilMs: number },
): TableAnswer | undefined {
  const { rcode, authoritative, answers, authorities } = entry.reply;
  const flags = {
    qr: true,
    aa: authoritative,
    tc: false,
    rd: true,
    ra: true,
    ad: false,
    cd: checkingDisabled,
  };
  const octets = encodeMessage(
    {
      id: 0,
      opcode: opcodes.QUERY,
      rcode,
      flags,
      questions: [question],
      answers,
      authorities,
      additionals: [],
    },
    { maxSize: udpPayloadSize },
  );
  const bits = headerBits(opcodes.QUERY, rcode, flags);
  const isWhole = ((octets[2] ?? 0) << 8) + (octets[3] ?? 0) === bits;
  const records = octets.subarray(headerSize + question.name.length + questionTail);
  const ttlPlaces = isWhole ? ttlPlacesOf(records) : undefined;
  return (
    ttlPlaces && {
      records,
      ttlPlaces,
      headerBits: bits,
      answerCount: answers.length,
      authorityCount: authorities.length,
      isDenial: rcode === rcodes.NXDOMAIN || answers.length === 0,
      storedMs: entry.storedMs,
      untilMs,
    }
  );
}
