import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { type Flight, Flights } from '../../../src/resolver/iterator/flights.ts';
import { BudgetExhausted } from '../../../src/resolver/work-budget.ts';

const never = (): boolean => false;

describe('flights', () => {
  it('land whoever needs whom: a wait that would close a circle is refused', async () => {
    const graph = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 8, maxLength: 8 });
    const property = fc.asyncProperty(
      graph,
      fc.array(fc.nat(7), { minLength: 1, maxLength: 6 }),
      async (needs, asked) => {
        const flights = new Flights<string>(never);
        const takeOff = (node: number, by?: Flight<string>): Promise<string> =>
          flights.take(String(node), by, async flight => {
            for (const next of needs[node] ?? []) {
              await setImmediate();
              await takeOff(next, flight);
            }
            return 'landed';
          });
        const timeout = AbortSignal.timeout(10_000);
        const late = new Promise<never>((_, reject) => {
          timeout.addEventListener('abort', () => reject(new Error('a deadlock')));
        });
        const results = await Promise.race([Promise.all(asked.map(node => takeOff(node))), late]);
        // Those who come from outside wait for nobody's sake, so that no circle can go through them.
        assert.ok(results.every(result => result === 'landed'));
        assert.equal(flights.underWay, 0);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('refuse one that needs itself', async () => {
    const flights = new Flights<string>(never);
    const result = await flights.take('a', undefined, flight =>
      flights.take('a', flight, async () => 'twice'),
    );
    assert.equal(result, 'circle');
    assert.equal(flights.circles, 1);
  });

  it('begin anew for one who joined when the leader’s budget is over', async () => {
    const flights = new Flights<string>(never);
    const gate = Promise.withResolvers<string>();
    const leader = flights.take('a', undefined, () => gate.promise);
    const joiners = ['second', 'third'].map(text => flights.take('a', undefined, async () => text));
    gate.reject(new BudgetExhausted('packets'));
    await assert.rejects(leader, BudgetExhausted);
    assert.deepEqual(await Promise.all(joiners), ['second', 'second']);
    assert.equal(flights.underWay, 0);
  });

  it('begin anew when the leader failed for a reason of its own, and not for ever', async () => {
    const flights = new Flights<string>(result => result === 'own');
    let runs = 0;
    const run = async (): Promise<string> => {
      runs += 1;
      await setImmediate();
      return 'own';
    };
    const results = await Promise.all(Array.from({ length: 20 }, () => flights.take('a', undefined, run)));
    assert.ok(results.every(result => result === 'own'));
    assert.ok(runs >= 2 && runs <= 4, `${runs}`);
    const good = await Promise.all([
      flights.take('b', undefined, async () => 'own'),
      flights.take('b', undefined, async () => 'better'),
    ]);
    assert.deepEqual(good, ['own', 'better']);
  });

  it('pass on any other error to all', async () => {
    const flights = new Flights<string>(never);
    const fail = async (): Promise<string> => {
      throw new Error('a fault');
    };
    const results = await Promise.allSettled([
      flights.take('a', undefined, fail),
      flights.take('a', undefined, fail),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });

  it('are shed when there are too many, or too many who wait', async () => {
    const flights = new Flights<string>(never, { flights: 1, joinersPerFlight: 1 });
    const gate = Promise.withResolvers<string>();
    const all = ['a', 'a', 'a', 'b'].map(key => flights.take(key, undefined, () => gate.promise));
    gate.resolve('landed');
    assert.deepEqual(await Promise.all(all), ['landed', 'landed', 'full', 'full']);
    assert.equal(flights.shed, 2);
  });
});
