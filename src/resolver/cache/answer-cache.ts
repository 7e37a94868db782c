/**
 * Answers kept for as long as their TTLs allow, whole replies under the question they answered.
 *
 * A reply is kept as it was given: no record of it ever serves another question, so that an upstream can spoil the
 * answers to what it was asked and nothing else. What forward zones' upstreams say is kept here and nowhere else; recursion
 * never looks here. The one exception is RFC 2308 section 5: NXDOMAIN denies the name, whatever the type. That of a DS
 * question does not: it comes from the servers of the zone above, and those may know nothing of a zone that is forwarded
 * elsewhere.
 *
 * It waits packed until it is asked for (`packed-reply.ts`), as most never are.
 *
 * An answer may stay for some time after it has expired, for when there is no newer one to be had (RFC 8767); only
 * `findLatest` gives such a one. `sieve-map.ts` says what goes when room is needed: they first.
 *
 * Where answers to some questions come from may change (a reload): `distrust` says of which. Nothing is searched then, for
 * a walk through a full cache would hold up every client; an entry is judged when it is next found.
 *
 * Time is the wall clock's. After a step back of it, entries from the future are dropped rather than kept too long.
 */
import type { Question, ResourceRecord } from '../../dns/message.ts';
import { lowerOctet, type Name, nameKey } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Reply } from '../reply.ts';
import { type AnswerFlags, answerKind, questionOf } from './answer-key.ts';
import { answerOctets, packedOctets } from './answer-octets.ts';
import { PackedReply } from './packed-reply.ts';
import { type CacheSize, SieveEntry, SieveMap } from './sieve-map.ts';

export interface KeptAnswer {
  readonly question: Question;
  readonly flags: AnswerFlags;
  readonly reply: Reply;
  /** How long it may be served; 0 is not kept, and ends what was kept before. */
  readonly ttlSeconds: number;
}

/** Whether the answer to a question must not be served any more. */
export type Doubt = (question: Pick<Question, 'name' | 'type'>) => boolean;

/** Doubts that an entry may have to be judged by when it is found; with more the cache is emptied. */
const doubtsKept = 16;

/** Stands for "any type" in the kind of NXDOMAIN: type 0 is reserved (RFC 6895 section 3.1). */
const anyType = 0;

/** Answers that lived shorter are not worth a refresh of their own: they are gone before many ask. */
const refreshLeastSeconds = 10;
/** The part of the life that is left when a refresh is due; Unbound's and Knot Resolver's as well. */
const refreshShare = 0.1;

interface AnswerPlace {
  readonly key: string;
  readonly kind: number;
}

interface AnswerTimes {
  readonly storedMs: number;
  readonly expiresMs: number;
}

export class AnswerEntry extends SieveEntry {
  #reply: PackedReply | Reply;
  readonly storedMs: number;
  readonly expiresMs: number;
  /** From when on a hit should have it refreshed. */
  refreshMs: number;
  /** Once stale: until when, on the monotonic clock, nothing newer is waited for. */
  retryMs = 0;
  /** How many doubts there were when it was last judged. */
  judged = 0;

  constructor({ key, kind }: AnswerPlace, reply: Reply, { storedMs, expiresMs }: AnswerTimes) {
    const packed = new PackedReply(reply);
    super(key, packedOctets(key, packed), Math.ceil(expiresMs / 1000), kind);
    this.#reply = packed;
    this.storedMs = storedMs;
    this.expiresMs = expiresMs;
    const lifeMs = expiresMs - storedMs;
    this.refreshMs =
      lifeMs < refreshLeastSeconds * 1000 ? Number.POSITIVE_INFINITY : expiresMs - lifeMs * refreshShare;
  }

  isFresh(wallMs: number): boolean {
    return wallMs < this.expiresMs && wallMs >= this.storedMs;
  }

  /** Until it is unpacked, another object each time. */
  get reply(): Reply {
    return this.#reply instanceof PackedReply ? this.#reply.unpacked() : this.#reply;
  }

  get isPacked(): boolean {
    return this.#reply instanceof PackedReply;
  }

  /** Has it at hand from now on; it takes `answerOctets` then. */
  unpack(reply: Reply): void {
    this.#reply = reply;
  }

  /** Whether a refresh of it has begun: there is one in its life. */
  get isRefreshing(): boolean {
    const isLong = this.expiresMs - this.storedMs >= refreshLeastSeconds * 1000;
    return isLong && this.refreshMs === Number.POSITIVE_INFINITY;
  }

  /** The reply, its TTLs counted down to now. */
  replyAt(wallMs: number): Reply {
    return aged(this.reply, Math.floor((wallMs - this.storedMs) / 1000));
  }
}

/** An entry as it is dumped and loaded. */
export interface DumpedAnswer extends KeptAnswer {
  /** How long it has been kept. */
  readonly ageMs: number;
}

export class AnswerCache {
  #staleMs: number;
  readonly #entries: SieveMap<AnswerEntry>;
  readonly #doubts: Doubt[] = [];

  /** `staleMs`: how long an answer stays past its end. */
  constructor(maxOctets: number, staleMs = 0) {
    this.#staleMs = staleMs;
    this.#entries = new SieveMap(maxOctets);
  }

  get size(): CacheSize {
    return this.#entries.size;
  }

  /** The reply to this question, its TTLs counted down to now. */
  find(question: Question, flags: AnswerFlags, wallMs: number): Reply | undefined {
    return this.findEntry(question, flags, wallMs)?.replyAt(wallMs);
  }

  /** As `find`, the entry itself. */
  findEntry(question: Question, flags: AnswerFlags, wallMs: number): AnswerEntry | undefined {
    const entry = this.findLatest(question, flags, wallMs);
    return entry?.isFresh(wallMs) ? entry : undefined;
  }

  /**
   * The answer, or where there is none what it was, not longer ago than allowed; of two such, the one learnt last. What is
   * fresh counts as used.
   */
  findLatest(question: Question, flags: AnswerFlags, wallMs: number): AnswerEntry | undefined {
    const key = nameKey(question.name);
    const exact = this.#known(key, answerKind(question, flags), wallMs);
    if (exact?.isFresh(wallMs)) return this.#used(exact, wallMs);
    const denial = this.#known(key, answerKind(question, flags, anyType), wallMs);
    if (denial?.isFresh(wallMs)) return this.#used(denial, wallMs);
    return exact && denial ? (exact.storedMs < denial.storedMs ? denial : exact) : (exact ?? denial);
  }

  /** Whether the entry is still here - not replaced, flushed or evicted - and may still be given. */
  isStillStale(entry: AnswerEntry, wallMs: number): boolean {
    return !entry.isFresh(wallMs) && this.#known(entry.key, entry.kind, wallMs) === entry;
  }

  keep(answer: KeptAnswer, wallMs: number): void {
    this.#keep(answer, { storedMs: wallMs, nowMs: wallMs });
  }

  /** Takes an answer that was kept elsewhere, or before, as old as it is; not in the place of one that is fresh. */
  restore(answer: DumpedAnswer, wallMs: number): boolean {
    const { question, flags, ageMs, ttlSeconds } = answer;
    const key = nameKey(question.name);
    if (ageMs >= ttlSeconds * 1000) return false;
    for (const kind of [answerKind(question, flags), answerKind(question, flags, anyType)]) {
      const here = this.#known(key, kind, wallMs);
      if (here?.isFresh(wallMs)) return false;
    }
    return this.#keep(answer, { storedMs: wallMs - ageMs, nowMs: wallMs });
  }

  /** What is fresh, one at a time, proven entries first; the cache may change between two steps. */
  *kept(clock: { wallMs(): number }): Generator<DumpedAnswer | undefined> {
    for (const isProven of [true, false]) {
      for (const entry of this.#entries.present()) {
        const nowMs = clock.wallMs();
        // A step without a result, so that whoever walks may stop for breath.
        yield entry.isProven === isProven && entry.isFresh(nowMs) && !this.#isDoubted(entry)
          ? dumped(entry, nowMs)
          : undefined;
      }
    }
  }

  /**
   * Drops the answers to questions about a name that `matches` and those with a record there, in steps, so that whoever
   * walks may stop for breath; gives the number.
   */
  *drop(matches: (name: Name) => boolean): Generator<undefined, number> {
    let dropped = 0;
    for (const entry of this.#entries.present()) {
      yield;
      const isMeant =
        matches(questionOf(entry).question.name) ||
        entry.reply.answers.some(record => matches(lowered(record.name)));
      if (!isMeant) continue;
      this.#entries.delete(entry);
      dropped += 1;
    }
    return dropped;
  }

  /** What is kept now of the questions for which `doubt` says yes is not served again. */
  distrust(doubt: Doubt): void {
    this.#doubts.push(doubt);
    if (this.#doubts.length > doubtsKept) this.clear();
  }

  /** Answers stay so long past their end from now on, those that are here too. */
  keepStale(staleMs: number): void {
    this.#staleMs = staleMs;
  }

  /** Gives the cache another size; what is too much goes at once, as it would when room is made. */
  resize(maxOctets: number, wallMs: number): void {
    this.#entries.resize(maxOctets, Math.floor(wallMs / 1000));
  }

  clear(): void {
    this.#doubts.length = 0;
    this.#entries.clear();
  }

  #keep(
    { question, flags, reply, ttlSeconds }: KeptAnswer,
    { storedMs, nowMs }: { storedMs: number; nowMs: number },
  ): boolean {
    // With a CNAME in front, it is the alias's target that does not exist, and other types may lead elsewhere.
    const deniesName =
      reply.rcode === rcodes.NXDOMAIN && reply.answers.length === 0 && question.type !== recordTypes.DS;
    const key = nameKey(question.name);
    const exactKind = answerKind(question, flags);
    const anyKind = answerKind(question, flags, anyType);
    // What is learnt now ends what was said before, whether it may itself be kept or not.
    this.#forget(key, deniesName || ttlSeconds <= 0 ? exactKind : anyKind);
    if (ttlSeconds <= 0) return false;
    const times = { storedMs, expiresMs: storedMs + ttlSeconds * 1000 };
    const entry = new AnswerEntry({ key, kind: deniesName ? anyKind : exactKind }, reply, times);
    entry.judged = this.#doubts.length;
    return this.#entries.set(entry, Math.floor(nowMs / 1000));
  }

  #forget(key: string, kind: number): void {
    const entry = this.#entries.get(key, kind);
    if (entry) this.#entries.delete(entry);
  }

  /** From its first hit on its records are at hand, where there is room for that. */
  #used(entry: AnswerEntry, wallMs: number): AnswerEntry {
    entry.isHit = true;
    if (!entry.isPacked) return entry;
    const { reply } = entry;
    const octets = answerOctets(entry.key, reply);
    if (this.#entries.reweigh(entry, octets, Math.floor(wallMs / 1000))) entry.unpack(reply);
    return entry;
  }

  /** Fresh, or stale and not for too long. */
  #known(key: string, kind: number, wallMs: number): AnswerEntry | undefined {
    const entry = this.#trusted(key, kind);
    if (!entry || (wallMs < entry.expiresMs + this.#staleMs && wallMs >= entry.storedMs)) return entry;
    this.#entries.delete(entry);
    return undefined;
  }

  #trusted(key: string, kind: number): AnswerEntry | undefined {
    const entry = this.#entries.get(key, kind);
    if (!entry || !this.#isDoubted(entry)) return entry;
    this.#entries.delete(entry);
    return undefined;
  }

  /** Of the question, and of each name that the answer leads through. */
  #isDoubted(entry: AnswerEntry): boolean {
    if (entry.judged === this.#doubts.length) return false;
    const doubts = this.#doubts.slice(entry.judged);
    const { question } = questionOf(entry);
    const isDoubted = doubts.some(doubt => doubt(question) || entry.reply.answers.some(doubt));
    // Who asks need not remove it: a dump only passes it over.
    if (!isDoubted) entry.judged = this.#doubts.length;
    return isDoubted;
  }
}

function dumped(entry: AnswerEntry, nowMs: number): DumpedAnswer {
  return {
    ...questionOf(entry),
    reply: entry.reply,
    ttlSeconds: (entry.expiresMs - entry.storedMs) / 1000,
    ageMs: nowMs - entry.storedMs,
  };
}

function lowered(name: Name): Name {
  return name.some(octet => lowerOctet(octet) !== octet) ? name.map(lowerOctet) : name;
}

function aged(reply: Reply, seconds: number): Reply {
  if (seconds === 0) return reply;
  const age = (record: ResourceRecord): ResourceRecord => ({
    name: record.name,
    type: record.type,
    class: record.class,
    ttl: Math.max(0, record.ttl - seconds),
    rdata: record.rdata,
  });
  return { ...reply, answers: reply.answers.map(age), authorities: reply.authorities.map(age) };
}
