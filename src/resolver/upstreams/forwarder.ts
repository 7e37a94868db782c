/**
 * Answers questions by asking configured upstreams.
 *
 * A question goes to the longest zone that holds it. Its upstreams are asked in the order of their health and round-trip
 * time; the next one is asked when the latest gave an answer of no use, or has kept silent for upstreamTimeout, and the
 * earlier ones may still win. Silent upstreams are asked a second time, after the others. At queryTimeout, or when nobody
 * is left to ask, the reply is SERVFAIL, and that is remembered (RFC 9520).
 *
 * What always holds: one question is under way once, whoever asks it (a second copy would double a forger's chances);
 * everything is bounded - questions, clients waiting for one, attempts under way, attempts per question; a query leaves from
 * the management address of its family, with an id drawn for it alone, from a port that cannot be foreseen.
 *
 * A failed upstream is asked again at growing intervals, by a copy of a question whose answer comes from elsewhere: no
 * client waits to learn that it is still down. Where every upstream of a zone is gone, one question at a time goes on asking
 * and the others are answered SERVFAIL at once: thousands that wait in vain would starve what can be answered.
 *
 * Not here: following referrals or aliases (an upstream is a resolver, or has the zone), validation.
 */

import type { Question } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';
import { type AnswerFlags, answerKey } from '../cache/answer-key.ts';
import type { ResolverCounters } from '../counters.ts';
import { type TransportLimits, Transports } from '../exchange/transports.ts';
import type { WireTaps } from '../exchange/wire-tap.ts';
import type { Outcome } from '../policy.ts';
import { emptyReply, type Reply } from '../reply.ts';
import type { WorkBudget } from '../work-budget.ts';
import { type AttemptLimits, Attempts } from './attempts.ts';
import { FailureMemory } from './failure-memory.ts';
import { type ForwardZone, forwardZones } from './forward-zones.ts';
import { firstResult, type Try } from './hand-over.ts';
import { inOrder, type Upstream, type UpstreamStatus } from './upstream.ts';

export interface ForwarderOptions {
  readonly zones: readonly ForwardZone[];
  readonly clock: Clock;
  readonly counters: ResolverCounters;
  /** Milliseconds for a question in all. */
  readonly queryTimeoutMs: number;
  /** Milliseconds until the next upstream is asked. */
  readonly upstreamTimeoutMs: number;
  readonly upstreamPort: number;
  readonly limits?: ForwarderLimits;
  readonly transports?: TransportLimits;
  readonly taps?: WireTaps | undefined;
}

export interface ForwarderLimits extends AttemptLimits {
  /** Different questions under way. */
  readonly questions: number;
  /** Less, so that a dead zone cannot take the place of the others. */
  readonly questionsPerZone: number;
  /** Client queries that wait for one question. */
  readonly waitersPerQuestion: number;
  /** Of all questions. */
  readonly waiters: number;
  readonly attemptsPerQuestion: number;
}

/**
 * A question that nobody answers lives for queryTimeout (4 s) and has some two attempts under way; so much is 500 new
 * questions a second in each of two dead zones, with room left for the rest. An attempt costs a file descriptor (Node
 * raises its own limit to the hard one) and some 5 KiB.
 */
export const forwarderLimits: ForwarderLimits = {
  attempts: 8000,
  attemptsPerUpstream: 4000,
  questions: 5000,
  questionsPerZone: 2000,
  waitersPerQuestion: 1000,
  waiters: 25_000,
  attemptsPerQuestion: 8,
};

interface Flight {
  readonly reply: Promise<Reply>;
  readonly deadline: AbortController;
  waiters: number;
}

/** One question on its way to the upstreams of its zone. */
interface Errand {
  readonly zone: ForwardZone;
  readonly question: Question;
  readonly flags: AnswerFlags;
  readonly budget: WorkBudget;
  attempts: number;
}

export class Forwarder implements AsyncDisposable {
  readonly #options: ForwarderOptions;
  readonly #limits: ForwarderLimits;
  readonly #zoneOf: (question: Question) => ForwardZone | undefined;
  readonly #failures = new FailureMemory();
  readonly #flights = new Map<string, Flight>();
  readonly #perZone = new Map<ForwardZone, number>();
  #waiters = 0;
  readonly #retests = new Set<Promise<unknown>>();
  /** Upstreams of zones in which a question failed while all of them were gone. */
  readonly #gone = new Set<Upstream>();
  readonly #closing = new AbortController();
  readonly #attempts: Attempts;
  readonly #transports: Transports;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? forwarderLimits;
    this.#zoneOf = forwardZones(options.zones);
    this.#transports = new Transports(options.clock, options.transports);
    this.#attempts = new Attempts({ ...options, transports: this.#transports, limits: this.#limits });
  }

  get status(): { questions: number; attempts: number; upstreams: UpstreamStatus[] } {
    const upstreams = new Set(this.#options.zones.flatMap(zone => zone.upstreams));
    return {
      questions: this.#flights.size,
      attempts: this.#attempts.underWay,
      upstreams: [...upstreams].map(upstream => upstream.status),
    };
  }

  /** Whether the question is for one of the zones. */
  holds(question: Question): boolean {
    return this.#zoneOf(question) !== undefined;
  }

  /** The reply to pass on, at once when it needs nobody. Rejects with BudgetExhausted, else for a fault of ours only. */
  resolve(question: Question, flags: AnswerFlags, budget: WorkBudget): Outcome {
    const { clock, counters } = this.#options;
    const zone = this.#zoneOf(question);
    // RFC 8914 section 4.21: a name this server is not configured to resolve.
    if (!zone) return emptyReply(rcodes.REFUSED, 'notAuthoritative');
    const key = answerKey(question, flags);
    const flight = this.#flights.get(key);
    if (flight) {
      const { waiters, waitersPerQuestion } = this.#limits;
      if (flight.waiters >= waitersPerQuestion || this.#waiters >= waiters) return this.#shed();
      flight.waiters += 1;
      this.#waiters += 1;
      counters.coalesced += 1;
      return flight.reply;
    }
    if (this.#failures.has(key, clock.monotonicMs())) {
      counters.rememberedFailures += 1;
      return emptyReply(rcodes.SERVFAIL, 'cachedError');
    }
    if (isGone(zone) && this.#underWay(zone) > 0) {
      counters.upstream.unasked += 1;
      return emptyReply(rcodes.SERVFAIL, 'noReachableAuthority');
    }
    if (!this.#hasRoomFor(zone) || this.#closing.signal.aborted) return this.#shed();
    const deadline = new AbortController();
    const reply = this.#run({ zone, question, flags, budget, attempts: 0 }, deadline).finally(() => {
      this.#flights.delete(key);
      this.#waiters -= begun.waiters;
      this.#count(zone, -1);
    });
    const begun: Flight = { reply, deadline, waiters: 1 };
    this.#flights.set(key, begun);
    this.#waiters += 1;
    this.#count(zone, 1);
    return reply;
  }

  /** Questions under way end with SERVFAIL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const { deadline } of this.#flights.values()) deadline.abort(ended);
    await Promise.allSettled([...this.#retests, ...[...this.#flights.values()].map(flight => flight.reply)]);
    await this.#transports[Symbol.asyncDispose]();
  }

  async #run(errand: Errand, deadline: AbortController): Promise<Reply> {
    const { clock, queryTimeoutMs } = this.#options;
    const done = new AbortController();
    const timer = clock.sleep(queryTimeoutMs, done.signal).then(
      () => deadline.abort(ended),
      () => undefined,
    );
    const key = answerKey(errand.question, errand.flags);
    try {
      const reply = await firstResult(this.#tries(errand), deadline.signal);
      if (reply) {
        this.#failures.forget(key);
        this.#noticeReturn(errand.zone);
        return reply;
      }
      if (errand.attempts === 0) return this.#shed();
      if (isGone(errand.zone)) for (const upstream of errand.zone.upstreams) this.#gone.add(upstream);
      if (!this.#closing.signal.aborted) this.#failures.add(key, clock.monotonicMs());
      return emptyReply(rcodes.SERVFAIL, 'noReachableAuthority');
    } finally {
      done.abort(ended);
      await timer;
    }
  }

  /** What failed while these upstreams were gone need not fail now that one is back: it is asked again at once. */
  #noticeReturn({ upstreams }: ForwardZone): void {
    if (!upstreams.some(upstream => this.#gone.has(upstream))) return;
    for (const upstream of upstreams) this.#gone.delete(upstream);
    this.#failures.clear();
  }

  /** The zone's upstreams, best first, and round again among those that have said nothing. */
  *#tries(errand: Errand): Generator<Try<Reply>> {
    const order = inOrder(errand.zone.upstreams);
    const [best, ...others] = order;
    for (const other of others) other.passedOver();
    if (best?.isWell) this.#retest(errand, others);
    const silent = new Set(order);
    while (silent.size > 0) {
      for (const upstream of order) {
        if (!silent.has(upstream)) continue;
        if (errand.attempts === this.#limits.attemptsPerQuestion) return;
        if (!this.#attempts.hasRoomFor(upstream)) {
          silent.delete(upstream);
          continue;
        }
        errand.attempts += 1;
        const onWord = (): boolean => silent.delete(upstream);
        yield (signal, handOver) => this.#attempts.run({ ...errand, upstream, onWord, handOver }, signal);
      }
    }
  }

  /** Sends the question to those failed upstreams whose time has come, to see whether they are back. */
  #retest(errand: Errand, upstreams: readonly Upstream[]): void {
    for (const upstream of upstreams) {
      if (!this.#attempts.hasRoomFor(upstream) || !upstream.claimRetest(this.#options.clock.monotonicMs()))
        continue;
      const late = new AbortController();
      const handOver = (): void => late.abort(ended);
      const signal = AbortSignal.any([late.signal, this.#closing.signal]);
      const retest = this.#attempts
        .run({ ...errand, upstream, onWord: () => undefined, handOver }, signal)
        .catch(() => undefined)
        .finally(() => this.#retests.delete(retest));
      this.#retests.add(retest);
    }
  }

  #hasRoomFor(zone: ForwardZone): boolean {
    const { questions, questionsPerZone } = this.#limits;
    return this.#flights.size < questions && this.#underWay(zone) < questionsPerZone;
  }

  #count(zone: ForwardZone, change: 1 | -1): void {
    this.#perZone.set(zone, this.#underWay(zone) + change);
  }

  /** Questions of the zone. */
  #underWay(zone: ForwardZone): number {
    return this.#perZone.get(zone) ?? 0;
  }

  #shed(): Reply {
    this.#options.counters.upstream.shed += 1;
    return emptyReply(rcodes.SERVFAIL);
  }
}

/** Whether every upstream of the zone is. */
function isGone({ upstreams }: ForwardZone): boolean {
  return upstreams.every(upstream => upstream.isGone);
}
