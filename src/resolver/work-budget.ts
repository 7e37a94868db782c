/**
 * What resolving one client query may cost in all.
 *
 * A query can be made to cost thousands of times what it cost to send: by referrals to name servers that must be looked
 * up first (NXNSAttack), by aliases chained through zones made for it (CAMP), by delegations that lead round in a circle
 * (TsuNAME), by names compressed to take long. There is one limit against all of these: the budget is made once, where the
 * query comes in; whatever is asked on its behalf spends from the same one; nothing ever makes a new one on the way.
 *
 * `spend` throws `BudgetExhausted` on what would go beyond a limit, before the work is done, and again on everything that
 * is tried afterwards. It is caught in one place, `resolution.ts`, which answers SERVFAIL with an extended error. A query
 * that joins another's question pays nothing. Where the work is done by another thread (`workers/`), what is left goes there,
 * and what was spent comes back with the answer: it is one budget, at two places one after the other.
 */
import type { Clock } from '../system/clock.ts';

/** What is counted. Validation will add its own kinds: signatures and hashes. */
export const costs = ['packets', 'bytes', 'nameBytes'] as const;
export type Cost = (typeof costs)[number];

/** The limits that end a query: the counted costs, and wall time. */
export type Limit = Cost | 'time';

export interface WorkLimits extends Readonly<Record<Cost, number>> {
  /** Milliseconds from the arrival of the query. */
  readonly timeMs: number;
}

/** Not a fault of ours: an answer that would cost too much. */
export class BudgetExhausted extends Error {
  readonly limit: Limit;

  constructor(limit: Limit) {
    super(`work budget exhausted: ${limit}`);
    this.name = 'BudgetExhausted';
    this.limit = limit;
  }
}

export class WorkBudget {
  readonly #limits: WorkLimits;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #spent: Record<Cost, number> = { packets: 0, bytes: 0, nameBytes: 0 };
  #exhausted: Limit | undefined;

  /** Time runs from now. */
  constructor(limits: WorkLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  /** What ended it, if something has. */
  get exhausted(): Limit | undefined {
    return this.#exhausted;
  }

  spent(cost: Cost): number {
    return this.#spent[cost];
  }

  /** Milliseconds until the query has taken too long; never negative. */
  get remainingMs(): number {
    return Math.max(0, this.#limits.timeMs - (this.#clock.monotonicMs() - this.#startedMs));
  }

  /** What is left, for work that is done elsewhere with a budget made of this; `charge` brings back what that has spent. */
  get remaining(): WorkLimits {
    const left = (cost: Cost): number => this.#limits[cost] - this.#spent[cost];
    const [packets, bytes, nameBytes] = [left('packets'), left('bytes'), left('nameBytes')];
    return { packets, bytes, nameBytes, timeMs: this.remainingMs };
  }

  /** Takes what was spent elsewhere, and what that was ended by, if it was. */
  charge(spent: Readonly<Record<Cost, number>>, exhausted: Limit | undefined): void {
    for (const cost of costs)
      this.#spent[cost] = Math.min(this.#limits[cost], this.#spent[cost] + spent[cost]);
    this.#exhausted ??= exhausted;
  }

  /** @throws BudgetExhausted when this is more than is left, and for ever after. */
  spend(cost: Cost, amount = 1): void {
    if (this.#exhausted === undefined) {
      if (this.#spent[cost] + amount > this.#limits[cost]) this.#exhausted = cost;
      else if (this.remainingMs === 0) this.#exhausted = 'time';
      else this.#spent[cost] += amount;
    }
    if (this.#exhausted !== undefined) throw new BudgetExhausted(this.#exhausted);
  }
}
