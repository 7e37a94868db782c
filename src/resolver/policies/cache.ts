/**
 * Answers from the cache without leaving the event loop's turn; keeps what is resolved. An answer in use is asked for anew
 * before it expires, and serves on for a while where no newer one is to be had.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import { rcodes } from '../../dns/rcode.ts';
import { answerFlags } from '../cache/answer-key.ts';
import { cacheable, ttlLimits } from '../cache/cacheable.ts';
import { Prefetches } from '../cache/prefetches.ts';
import { StaleAnswers } from '../cache/stale-answers.ts';
import type { ClientQuery, Next, Outcome, Policy, PolicyServices } from '../policy.ts';
import type { Reply } from '../reply.ts';

export const cache: Policy = {
  name: 'cache',
  stage: 'cache',
  create: (slice, services) => {
    const { cache: answers, clock, counters } = services;
    const limits = ttlLimits(slice.config.resolver.cache);
    const { stale, prefetches } = refreshers(slice, services);
    const keep = ({ question, message }: ClientQuery, given: Reply): Reply => {
      if (!given.isCacheable) return given;
      const { reply, ttlSeconds } = cacheable(given, limits);
      answers.keep({ question, flags: answerFlags(message), reply, ttlSeconds }, clock.wallMs());
      return reply;
    };
    const resolve = (query: ClientQuery, next: Next): Outcome => {
      const outcome = next(query);
      return outcome instanceof Promise ? outcome.then(reply => keep(query, reply)) : keep(query, outcome);
    };
    return (query, next) => {
      const wallMs = clock.wallMs();
      const flags = answerFlags(query.message);
      const found = answers.findLatest(query.question, flags, wallMs);
      if (found?.isFresh(wallMs)) {
        const reply = found.replyAt(wallMs);
        counters.cache[isDenial(reply) ? 'negative' : 'hit'] += 1;
        if (wallMs >= found.refreshMs) prefetches?.start(found, query, own => resolve(own, next));
        return reply;
      }
      counters.cache.miss += 1;
      return stale && found ? stale.answer(found, () => resolve(query, next)) : resolve(query, next);
    };
  },
};

function refreshers({ config }: PopSlice, services: PolicyServices) {
  const { cache: answers, rrsets, cacheActivity: activity, clock, counters } = services;
  const { cache: keys, budget, queryTimeout } = config.resolver;
  const onFault = (): void => {
    counters.faults += 1;
  };
  const workLimits = { ...budget, timeMs: queryTimeout };
  return {
    stale:
      keys.serveStale === 'off'
        ? undefined
        : new StaleAnswers({ timers: keys.serveStale, answers, activity, clock, onFault }),
    prefetches: keys.prefetch ? new Prefetches({ workLimits, rrsets, activity, clock, onFault }) : undefined,
  };
}

function isDenial(reply: Reply): boolean {
  return reply.rcode === rcodes.NXDOMAIN || reply.answers.length === 0;
}
