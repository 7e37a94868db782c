/**
 * Asks anew, in the background, for answers that are in use and about to expire, so that no client waits for them.
 *
 * A prefetch is a query of this resolver's own: it has a budget of its own, made here, where it begins, as a client query's
 * is made where it comes in. That is no way round the limits on a client's query: one entry starts one prefetch in its
 * life, never sooner than nine tenths into it, and few are under way at a time. A prefetch that fails costs nothing: the
 * answer is there until it expires.
 */
import type { Clock } from '../../system/clock.ts';
import type { ClientQuery, Outcome } from '../policy.ts';
import { WorkBudget, type WorkLimits } from '../work-budget.ts';
import type { AnswerEntry } from './answer-cache.ts';
import type { CacheActivity } from './cache-activity.ts';
import type { RRsets } from './rrsets.ts';

export interface PrefetchOptions {
  /** Of each prefetch. */
  readonly workLimits: WorkLimits;
  readonly rrsets: RRsets;
  readonly activity: CacheActivity;
  readonly clock: Clock;
  /** Told of what a resolution threw. */
  readonly onFault: () => void;
}

/** A fiftieth of the questions the forwarder has room for: clients' questions come first. */
const underWayLimit = 100;

export class Prefetches {
  readonly #options: PrefetchOptions;
  #underWay = 0;

  constructor(options: PrefetchOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** `refresh` resolves the query and keeps the answer. */
  start(entry: AnswerEntry, query: ClientQuery, refresh: (query: ClientQuery) => Outcome): void {
    const { workLimits, rrsets, activity, clock, onFault } = this.#options;
    if (this.#underWay >= underWayLimit) {
      activity.prefetchesLeft += 1;
      return;
    }
    entry.refreshMs = Number.POSITIVE_INFINITY;
    activity.prefetches += 1;
    // Recursion would give what it has, as old as the answer itself.
    const { name: askedAs } = query.question;
    rrsets.forget(askedAs, query.question.type, askedAs);
    for (const { name, type } of entry.reply.answers) rrsets.forget(name, type, askedAs);
    this.#underWay += 1;
    const end = (): void => {
      this.#underWay -= 1;
    };
    try {
      const outcome = refresh({ ...query, budget: new WorkBudget(workLimits, clock) });
      if (outcome instanceof Promise) void outcome.then(undefined, onFault).finally(end);
      else end();
    } catch {
      end();
      onFault();
    }
  }
}
