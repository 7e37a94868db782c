/**
 * Where answers come from that this resolver does not have: from a forward zone's upstreams where one holds the name,
 * else from the root down.
 *
 * The last thing in the pipeline, and what policies use that need another question answered. Every way to resolve spends
 * from the budget it is given; the one place where an exhausted budget becomes a reply is here.
 */
import type { Question } from '../dns/message.ts';
import { extendedErrorOption, extendedErrors } from '../dns/options/extended-error.ts';
import { rcodes } from '../dns/rcode.ts';
import type { AnswerFlags } from './cache/answer-key.ts';
import type { Iterator } from './iterator/iterator.ts';
import type { Outcome } from './policy.ts';
import { emptyReply, type Reply, withOption } from './reply.ts';
import type { Forwarder } from './upstreams/forwarder.ts';
import { BudgetExhausted, type Limit, type WorkBudget } from './work-budget.ts';

export interface Resolution {
  /** At once when it needs nobody. Rejects for a fault of ours only. */
  resolve(question: Question, flags: AnswerFlags, budget: WorkBudget): Outcome;
}

export interface ResolutionOptions {
  readonly forwarder: Forwarder;
  readonly iterator: Iterator;
  /** Told of each query that ran out of its budget. */
  readonly onExhausted: (limit: Limit) => void;
}

export function createResolution({ forwarder, iterator, onExhausted }: ResolutionOptions): Resolution {
  const give = (error: unknown): Reply => {
    if (!(error instanceof BudgetExhausted)) throw error;
    onExhausted(error.limit);
    return exhaustedReply(error);
  };
  return {
    resolve(question, flags, budget) {
      try {
        const source = forwarder.holds(question) ? forwarder : iterator;
        const outcome = source.resolve(question, flags, budget);
        return outcome instanceof Promise ? outcome.catch(give) : outcome;
      } catch (error) {
        return give(error);
      }
    },
  };
}

/** Time runs out where servers are silent. No code of RFC 8914 means the other limits: `Other`, with the words. */
function exhaustedReply({ limit, message }: BudgetExhausted): Reply {
  if (limit === 'time') return emptyReply(rcodes.SERVFAIL, 'noReachableAuthority');
  return withOption(
    emptyReply(rcodes.SERVFAIL),
    extendedErrorOption({ infoCode: extendedErrors.other, text: message }),
  );
}
