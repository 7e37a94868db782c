/**
 * Where answers come from that this resolver does not have: from a forward zone's upstreams where one holds the name.
 *
 * The last thing in the pipeline, and what policies use that need another question answered. Every way to resolve spends
 * from the budget it is given; the one place where an exhausted budget becomes a reply is here.
 */
import type { Question } from '../dns/message.ts';
import { extendedErrorOption, extendedErrors } from '../dns/options/extended-error.ts';
import { rcodes } from '../dns/rcode.ts';
import type { AnswerFlags } from './cache/answer-key.ts';
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
  /** Told of each query that ran out of its budget. */
  readonly onExhausted: (limit: Limit) => void;
}

export function createResolution({ forwarder, onExhausted }: ResolutionOptions): Resolution {
  const give = (error: unknown): Reply => {
    if (!(error instanceof BudgetExhausted)) throw error;
    onExhausted(error.limit);
    return exhaustedReply(error);
  };
  return {
    resolve(question, flags, budget) {
      try {
        const outcome = forwarder.resolve(question, flags, budget);
        return outcome instanceof Promise ? outcome.catch(give) : outcome;
      } catch (error) {
        return give(error);
      }
    },
  };
}

/** No code of RFC 8914 means this one: `Other`, with the words. */
function exhaustedReply({ message }: BudgetExhausted): Reply {
  return withOption(
    emptyReply(rcodes.SERVFAIL),
    extendedErrorOption({ infoCode: extendedErrors.other, text: message }),
  );
}
