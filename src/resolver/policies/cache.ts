/** Answers from the cache without leaving the event loop's turn; keeps what upstreams answer. */
import { rcodes } from '../../dns/rcode.ts';
import { answerFlags } from '../cache/answer-key.ts';
import { cacheable, ttlLimits } from '../cache/cacheable.ts';
import type { ClientQuery, Policy } from '../policy.ts';
import type { Reply } from '../reply.ts';

export const cache: Policy = {
  name: 'cache',
  stage: 'cache',
  create: ({ config }, { cache: answers, clock, counters }) => {
    const limits = ttlLimits(config.resolver.cache);
    const keep = ({ question, message }: ClientQuery, given: Reply): Reply => {
      if (given.upstreamOctets === undefined) return given;
      const { reply, ttlSeconds } = cacheable(given, limits);
      const kept = { ...reply, origin: 'cache' } as const;
      answers.keep({ question, flags: answerFlags(message), reply: kept, ttlSeconds }, clock.wallMs());
      return reply;
    };
    return (query, next) => {
      const found = answers.find(query.question, answerFlags(query.message), clock.wallMs());
      if (found) {
        counters.cache[isDenial(found) ? 'negative' : 'hit'] += 1;
        return found;
      }
      counters.cache.miss += 1;
      const outcome = next(query);
      return outcome instanceof Promise ? outcome.then(reply => keep(query, reply)) : keep(query, outcome);
    };
  },
};

function isDenial(reply: Reply): boolean {
  return reply.rcode === rcodes.NXDOMAIN || reply.answers.length === 0;
}
