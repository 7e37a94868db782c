/**
 * Answers kept for as long as their TTLs allow, whole replies under the question they answered.
 *
 * A reply is kept as it was given: no record of it ever serves another question, so that an upstream can spoil the
 * answers to what it was asked and nothing else. The one exception is RFC 2308 section 5: NXDOMAIN denies the name,
 * whatever the type. That of a DS question does not: it comes from the servers of the zone above, and those may know
 * nothing of a zone that is forwarded elsewhere.
 *
 * Bounded by octets. When full, SIEVE (Zhang et al., NSDI 2024) chooses what goes: a hand walks from the oldest entry to
 * the newest, spares once what was hit since it last came by, and evicts the first that was not. A hit sets a bit and
 * moves nothing, and one flood of unique names cannot wash out what is asked again and again, as it would with LRU.
 *
 * Where answers to some questions come from may change (a reload): `distrust` says of which. Nothing is searched then, for
 * a walk through a full cache would hold up every client; an entry is judged when it is next found.
 *
 * Time is the wall clock's. After a step back of it, entries from the future are dropped rather than kept too long.
 * Not here: serving stale answers, prefetching.
 */
import type { Question, ResourceRecord } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Reply } from '../reply.ts';
import { type AnswerFlags, answerKey } from './answer-key.ts';

export interface KeptAnswer {
  readonly question: Question;
  readonly flags: AnswerFlags;
  readonly reply: Reply;
  /** How long it may be served; 0 is not kept. */
  readonly ttlSeconds: number;
}

interface Entry {
  readonly key: string;
  readonly reply: Reply;
  readonly storedMs: number;
  readonly expiresMs: number;
  readonly octets: number;
  isHit: boolean;
  /** How many doubts there were when it was last judged. */
  judged: number;
  /** Towards the oldest and the newest entry. */
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** An entry may have this share of the cache at most, and 16 KiB: one name must not buy the room of thousands. */
const entryShare = 1 / 64;
const entryOctetLimit = 16 * 1024;

/** What V8 takes for an entry and its key, and for a record with its name, data and the objects around them (measured). */
const entryOverhead = 350;
const recordOverhead = 250;

/** Whether the answer to a question must not be served any more. */
export type Doubt = (question: Pick<Question, 'name' | 'type'>) => boolean;

/** Doubts that an entry may have to be judged by when it is found; with more the cache is emptied. */
const doubtsKept = 16;

/** Stands for "any type" in the key of NXDOMAIN: type 0 is reserved (RFC 6895 section 3.1). */
const anyType = 0;

export class AnswerCache {
  #maxOctets: number;
  readonly #entries = new Map<string, Entry>();
  readonly #doubts: Doubt[] = [];
  #octets = 0;
  #evictions = 0;
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #hand: Entry | undefined;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  get size(): { entries: number; octets: number; maxOctets: number; evictions: number } {
    return {
      entries: this.#entries.size,
      octets: this.#octets,
      maxOctets: this.#maxOctets,
      evictions: this.#evictions,
    };
  }

  /** The reply to this question, its TTLs counted down to now. */
  find(question: Question, flags: AnswerFlags, wallMs: number): Reply | undefined {
    return (
      this.#fresh(answerKey(question, flags), question, wallMs) ??
      this.#fresh(answerKey(question, flags, anyType), question, wallMs)
    );
  }

  keep({ question, flags, reply, ttlSeconds }: KeptAnswer, wallMs: number): void {
    if (ttlSeconds <= 0) return;
    // With a CNAME in front, it is the alias's target that does not exist, and other types may lead elsewhere.
    const deniesName =
      reply.rcode === rcodes.NXDOMAIN && reply.answers.length === 0 && question.type !== recordTypes.DS;
    const key = answerKey(question, flags, deniesName ? anyType : question.type);
    const records = reply.answers.length + reply.authorities.length;
    const octets = entryOverhead + 2 * key.length + records * recordOverhead + (reply.upstreamOctets ?? 0);
    const replaced = this.#entries.get(key);
    if (replaced) this.#remove(replaced);
    if (octets > Math.min(entryOctetLimit, this.#maxOctets * entryShare)) return;
    while (this.#octets + octets > this.#maxOctets) this.#evictOne();
    this.#add({
      key,
      reply,
      storedMs: wallMs,
      expiresMs: wallMs + ttlSeconds * 1000,
      octets,
      isHit: false,
      judged: this.#doubts.length,
      older: undefined,
      newer: undefined,
    });
  }

  /** What is kept now of the questions for which `doubt` says yes is not served again. */
  distrust(doubt: Doubt): void {
    this.#doubts.push(doubt);
    if (this.#doubts.length > doubtsKept) this.clear();
  }

  /** Gives the cache another size; what is too much goes at once, as it would when room is made. */
  resize(maxOctets: number): void {
    this.#maxOctets = maxOctets;
    while (this.#octets > this.#maxOctets) this.#evictOne();
  }

  clear(): void {
    this.#doubts.length = 0;
    this.#entries.clear();
    this.#octets = 0;
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#hand = undefined;
  }

  #fresh(key: string, question: Question, wallMs: number): Reply | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (wallMs >= entry.expiresMs || wallMs < entry.storedMs || this.#isDoubted(entry, question)) {
      this.#remove(entry);
      return undefined;
    }
    entry.isHit = true;
    return aged(entry.reply, Math.floor((wallMs - entry.storedMs) / 1000));
  }

  #isDoubted(entry: Entry, question: Question): boolean {
    if (entry.judged === this.#doubts.length) return false;
    const doubts = this.#doubts.slice(entry.judged);
    entry.judged = this.#doubts.length;
    return doubts.some(doubt => doubt(question));
  }

  #evictOne(): void {
    let entry = this.#hand ?? this.#oldest;
    while (entry?.isHit) {
      entry.isHit = false;
      entry = entry.newer ?? this.#oldest;
    }
    if (!entry) return;
    this.#hand = entry;
    this.#remove(entry);
    this.#evictions += 1;
  }

  #add(entry: Entry): void {
    entry.older = this.#newest;
    if (this.#newest) this.#newest.newer = entry;
    else this.#oldest = entry;
    this.#newest = entry;
    this.#entries.set(entry.key, entry);
    this.#octets += entry.octets;
  }

  #remove(entry: Entry): void {
    if (this.#hand === entry) this.#hand = entry.newer;
    if (entry.older) entry.older.newer = entry.newer;
    else this.#oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.#newest = entry.older;
    this.#entries.delete(entry.key);
    this.#octets -= entry.octets;
  }
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
