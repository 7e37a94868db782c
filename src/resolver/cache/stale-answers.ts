/**
 * Serves an expired answer when a newer one cannot be had (RFC 8767).
 *
 * Its three timers: an answer is stale for `upTo` at most (the maximum stale timer; the cache sees to it); a client waits
 * `answerWithin` for a newer answer (the client response timer), then gets the stale one while resolution goes on and keeps
 * what it finds; and after a question has failed, or taken so long, nobody waits for it again until `retryAfter` is over
 * (the failure recheck timer).
 *
 * Never given: what was flushed, evicted or replaced while the client waited; anything in the place of an answer that is
 * there, be it one that says the name is gone; and anything for what a validator found to be bogus: that is an attack's
 * mark, not an outage's.
 */
import { optionCodes } from '../../dns/edns.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import { extendedErrorOption, extendedErrors } from '../../dns/options/extended-error.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';
import type { Outcome } from '../policy.ts';
import { type Reply, withOption } from '../reply.ts';
import type { AnswerCache, AnswerEntry } from './answer-cache.ts';
import type { CacheActivity } from './cache-activity.ts';

export interface StaleTimers {
  /** Milliseconds. */
  readonly answerWithin: number;
  readonly ttl: number;
  readonly retryAfter: number;
}

export interface StaleOptions {
  readonly timers: StaleTimers;
  readonly answers: AnswerCache;
  readonly activity: CacheActivity;
  readonly clock: Clock;
  /** Told of what a resolution threw after its client had been answered. */
  readonly onFault: () => void;
}

/** The extended errors a validator gives (RFC 8914 sections 4.2, 4.6 to 4.13, and IANA's 25). */
const bogus: ReadonlySet<number> = new Set([
  extendedErrors.dnssecIndeterminate,
  extendedErrors.dnssecBogus,
  extendedErrors.signatureExpired,
  extendedErrors.signatureNotYetValid,
  extendedErrors.dnskeyMissing,
  extendedErrors.rrsigsMissing,
  extendedErrors.noZoneKeyBitSet,
  extendedErrors.nsecMissing,
  extendedErrors.signatureExpiredBeforeValid,
]);

export class StaleAnswers {
  readonly #options: StaleOptions;

  constructor(options: StaleOptions) {
    this.#options = options;
  }

  /** The reply for a client whose question had `entry` as its last answer; `resolve` gets, and keeps, a newer one. */
  answer(entry: AnswerEntry, resolve: () => Outcome): Outcome {
    const { clock } = this.#options;
    if (clock.monotonicMs() < entry.retryMs) return this.#give(entry);
    const outcome = resolve();
    return outcome instanceof Promise ? this.#inTime(entry, outcome) : this.#orStale(entry, outcome);
  }

  async #inTime(entry: AnswerEntry, outcome: Promise<Reply>): Promise<Reply> {
    const { clock, timers, onFault } = this.#options;
    const done = new AbortController();
    const late = clock.sleep(timers.answerWithin, done.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      const reply = await Promise.race([outcome, late]);
      if (reply) return this.#orStale(entry, reply);
      if (!this.#isUsable(entry)) return await outcome;
      this.#putOff(entry);
      outcome.then(reply => {
        if (isFailure(reply)) this.#putOff(entry);
      }, onFault);
      return this.#give(entry);
    } finally {
      done.abort(ended);
    }
  }

  #orStale(entry: AnswerEntry, reply: Reply): Reply {
    if (!isFailure(reply) || !this.#isUsable(entry)) return reply;
    this.#putOff(entry);
    return this.#give(entry);
  }

  #isUsable(entry: AnswerEntry): boolean {
    return this.#options.answers.isStillStale(entry, this.#options.clock.wallMs());
  }

  #putOff(entry: AnswerEntry): void {
    entry.retryMs = this.#options.clock.monotonicMs() + this.#options.timers.retryAfter;
  }

  #give(entry: AnswerEntry): Reply {
    const { activity, timers } = this.#options;
    const { reply } = entry;
    const ttl = Math.floor(timers.ttl / 1000);
    const last = (record: ResourceRecord): ResourceRecord => ({ ...record, ttl });
    const isNxdomain = reply.rcode === rcodes.NXDOMAIN;
    entry.isHit = true;
    activity.staleAnswers += 1;
    if (isNxdomain || reply.answers.length === 0) activity.staleDenials += 1;
    const infoCode = isNxdomain ? extendedErrors.staleNxdomainAnswer : extendedErrors.staleAnswer;
    const given: Reply = {
      ...reply,
      origin: 'stale',
      answers: reply.answers.map(last),
      authorities: reply.authorities.map(last),
    };
    return withOption(given, extendedErrorOption({ infoCode, text: '' }));
  }
}

/** Whether nobody could be found who knows: not an answer, and no verdict on one. */
function isFailure({ rcode, options }: Reply): boolean {
  if (rcode !== rcodes.SERVFAIL) return false;
  return !options.some(
    ({ code, data }) =>
      code === optionCodes.extendedError && bogus.has(((data[0] ?? 0) << 8) | (data[1] ?? 0)),
  );
}
