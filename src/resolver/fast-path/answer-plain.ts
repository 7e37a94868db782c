/**
 * Answers what `plain-query.ts` can read and the table holds, as `listeners/respond.ts` and the policies would: who may ask,
 * cookies, rates, in their order, then the reply. What may end in handing over comes before anything is counted.
 */
import { headerSize } from '../../dns/header.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { CookieStatus } from '../clients/client-counters.ts';
import { PrefixSlots } from '../clients/prefix-slots.ts';
import { RateTable } from '../clients/rate-table.ts';
import { isCookieLength } from '../clients/server-cookie.ts';
import { Slip } from '../clients/slip.ts';
import type { Origin } from '../traffic.ts';
import { AnswerReader } from './answer-reader.ts';
import { FastClients, standings } from './fast-clients.ts';
import { FastCookies } from './fast-cookies.ts';
import { type BatchTime, type FastPath, type FastQuery, handOver, noReply } from './fast-path.ts';
import type { FastShared } from './fast-shared.ts';
import { PlainQuery, questionTail } from './plain-query.ts';
import { PlainReply } from './plain-reply.ts';
import { QuestionKey } from './question-key.ts';
import { countedAt, ThreadCounters } from './thread-counters.ts';

/** QR, RD, RA, and TC: "ask over TCP". */
const askOverTcpBits = 0x8380;
/** QR, RD, RA. */
const replyBits = 0x8180;

export class PlainAnswers implements FastPath {
  readonly #query = new PlainQuery();
  readonly #reply = new PlainReply();
  readonly #key: QuestionKey;
  readonly #answers: AnswerReader;
  readonly #records: { octets: Uint8Array; at: number } = { octets: new Uint8Array(), at: 0 };
  readonly #counters: ThreadCounters;
  readonly #rates: RateTable | undefined;
  readonly #slip: Slip;
  readonly #clients: FastClients;
  readonly #cookies: FastCookies | undefined;
  readonly #nsid: Uint8Array;
  readonly #isOff: boolean;
  /** What is counted of the query under way. */
  readonly #passed = {
    family: 4 as 4 | 6,
    type: 0,
    hasEdns: false,
    dnssecOk: false,
    replySize: 0,
    rcode: 0,
    origin: 'cache' as Origin,
    isTruncated: false,
  };

  constructor({ hashKey, table, counters, rates, slip, settings }: FastShared) {
    this.#key = new QuestionKey(hashKey);
    this.#answers = new AnswerReader(table);
    this.#counters = new ThreadCounters(counters);
    this.#rates = rates && new RateTable(rates.limits, new PrefixSlots(rates.slotKey), rates.memory);
    this.#slip = new Slip(slip.every, slip.memory);
    this.#clients = new FastClients(settings.clients);
    this.#cookies = settings.secrets && new FastCookies(settings.secrets);
    this.#nsid = settings.nsid;
    this.#isOff = settings.isOff;
    this.#answers.generation = settings.generation;
  }

  answer(query: FastQuery, time: BatchTime): number {
    const plain = this.#query;
    if (this.#isOff || !plain.read(query)) return handOver;
    const cookies = plain.cookieLength < 0 ? undefined : this.#cookies;
    if (cookies && !isCookieLength(plain.cookieLength)) return handOver;
    const answers = this.#answers;
    const recordsAt = headerSize + plain.nameLength + questionTail;
    if (!this.#find(query, recordsAt, time.wallMs)) return handOver;
    const reply = this.#reply;
    reply.cookie = cookies?.cookie;
    reply.nsid = plain.asksNsid ? this.#nsid : undefined;
    const size = recordsAt + answers.size + reply.optSize(plain);
    if (size > plain.replyLimit) return handOver;
    const standing = this.#clients.standingOf(query);
    if ((standing & standings.admitted) === 0) return handOver;
    const status = cookies ? cookies.judge(plain, query, time.wallMs) : 'absent';
    const isProven = status === 'good';
    const rates = (standing & standings.exempt) === 0 ? this.#rates : undefined;
    // Those who are proven are told in words that they are too many; a second look at their rate counts nothing.
    if (rates && !rates.admitWords(query, isProven, time.monotonicMs))
      return isProven ? handOver : this.#limited(query, standing, status);
    reply.bits = answers.headerBits;
    reply.answerCount = answers.answerCount;
    reply.authorityCount = answers.authorityCount;
    reply.rcodeHigh = 0;
    reply.write(query, plain, recordsAt + answers.size);
    this.#counters.count(answers.isDenial ? countedAt.negative : countedAt.hit);
    const passed = this.#passed;
    passed.replySize = size;
    passed.rcode = answers.headerBits & 0xf;
    passed.origin = 'cache';
    passed.isTruncated = false;
    this.#count(query, standing, status);
    return size;
  }

  /** Writes the records to where they are in the reply. */
  #find(query: FastQuery, recordsAt: number, wallMs: number): boolean {
    this.#key.take(this.#query);
    this.#records.octets = query.reply;
    this.#records.at = query.replyAt + recordsAt;
    return this.#answers.find(this.#key, this.#records, wallMs);
  }

  /** As the policy `rate-limit` does: it stands before the one that adds NSID. */
  #limited(query: FastQuery, standing: number, status: CookieStatus): number {
    const passed = this.#passed;
    passed.replySize = 0;
    if (!this.#slip.isDue()) {
      this.#counters.count(countedAt.dropped);
      this.#count(query, standing, status);
      return noReply;
    }
    const isTold = status === 'absent';
    this.#counters.count(isTold ? countedAt.truncated : countedAt.badCookie);
    const plain = this.#query;
    const reply = this.#reply;
    reply.nsid = undefined;
    reply.answerCount = 0;
    reply.authorityCount = 0;
    reply.bits =
      (isTold ? askOverTcpBits : replyBits | (rcodes.BADCOOKIE & 0xf)) | (plain.checkingDisabled ? 0x10 : 0);
    reply.rcodeHigh = isTold ? 0 : rcodes.BADCOOKIE >> 4;
    const headSize = headerSize + plain.nameLength + questionTail;
    reply.write(query, plain, headSize);
    passed.replySize = headSize + reply.optSize(plain);
    passed.rcode = isTold ? rcodes.NOERROR : rcodes.BADCOOKIE;
    passed.origin = 'local';
    passed.isTruncated = isTold;
    this.#count(query, standing, status);
    return passed.replySize;
  }

  /** What is counted of every query and its reply. */
  #count(query: FastQuery, standing: number, status: CookieStatus): void {
    const counters = this.#counters;
    const plain = this.#query;
    const passed = this.#passed;
    passed.family = query.wordCount === 1 ? 4 : 6;
    passed.type = plain.type;
    passed.hasEdns = plain.hasEdns;
    passed.dnssecOk = plain.dnssecOk;
    counters.traffic.passed(passed);
    if (query.isService && (standing & standings.own) === 0) counters.count(countedAt.clientQueries);
    if (!this.#cookies) return;
    if (status === 'good') counters.count(countedAt.good);
    else if (status === 'fresh') counters.count(countedAt.fresh);
    else if (status === 'bad') counters.count(countedAt.bad);
    else counters.count(countedAt.absent);
  }
}
