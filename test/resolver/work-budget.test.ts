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

  it('is one budget at two places, one after the other', () => {
    const clock = fakeClock();
    const budget = testBudget(small, clock);
    budget.spend('packets');
    const elsewhere = testBudget(budget.remaining, clock);
    elsewhere.spend('packets', 2);
    elsewhere.spend('bytes', 70);
    assert.throws(() => elsewhere.spend('packets'), { limit: 'packets' });
    const spent = { packets: elsewhere.spent('packets'), bytes: elsewhere.spent('bytes'), nameBytes: 0 };
    budget.charge(spent, undefined);
    assert.deepEqual(budget.remaining, { packets: 0, bytes: 30, nameBytes: 50, timeMs: 1000 });
    budget.spend('bytes', 30);
    budget.charge(spent, elsewhere.exhausted);
    assert.equal(budget.exhausted, 'packets');
    assert.deepEqual(budget.remaining, { packets: 0, bytes: 0, nameBytes: 50, timeMs: 1000 });
    assert.throws(() => budget.spend('nameBytes', 0), { limit: 'packets' });
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
