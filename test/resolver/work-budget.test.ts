import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BudgetExhausted, type Cost, costs } from '../../src/resolver/work-budget.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { testBudget } from './work-budgets.ts';

const small = { packets: 3, bytes: 100, nameBytes: 50, timeMs: 1000 };

describe('a work budget', () => {
  it('never lets more be spent than it holds, and stays exhausted', () => {
    const spending = fc.array(fc.tuple(fc.constantFrom(...costs), fc.integer({ min: 0, max: 40 })));
    fc.assert(
      fc.property(spending, steps => {
        const budget = testBudget(small, fakeClock());
        let exhausted: Cost | undefined;
        for (const [cost, amount] of steps) {
          try {
            budget.spend(cost, amount);
            assert.equal(exhausted, undefined);
          } catch (error) {
            assert.ok(error instanceof BudgetExhausted);
            exhausted ??= cost;
            assert.equal(error.limit, exhausted);
          }
          for (const each of costs) assert.ok(budget.spent(each) <= small[each]);
        }
        assert.equal(budget.exhausted, exhausted);
      }),
    );
  });

  it('ends with its time, whatever is left of the rest', async () => {
    const clock = fakeClock();
    const budget = testBudget(small, clock);
    await clock.advance(999);
    budget.spend('packets');
    assert.equal(budget.remainingMs, 1);
    await clock.advance(1);
    assert.throws(() => budget.spend('bytes'), { limit: 'time' });
    assert.equal(budget.remainingMs, 0);
  });
});
