import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Flight, Flights } from '../../../src/resolver/iterator/flights.ts';
import { BudgetExhausted } from '../../../src/resolver/work-budget.ts';

/** Results that begin with `mine` are their leader's own. */
function flights(limits = { flights: 100, joinersPerFlight: 100, joiners: 1000 }): Flights<string> {
  return new Flights<string>(result => result.startsWith('mine'), limits);
}

/** Runs that end when the test says so. */
function held(): {
  run: (flight: Flight<string>) => Promise<string>;
  end: (result: string) => void;
  began: () => number;
} {
  const { promise, resolve } = Promise.withResolvers<string>();
  let began = 0;
  return {
    run: () => {
      began += 1;
      return promise;
    },
    end: resolve,
    began: () => began,
  };
}

describe('look-ups under way', () => {
  it('are begun once for all who want the same, and again when they are over', async () => {
    const all = flights();
    const first = held();
    const results = [1, 2, 3].map(() => all.take('a', undefined, first.run));
    first.end('found');
    assert.deepEqual(await Promise.all(results), ['found', 'found', 'found']);
    assert.deepEqual([first.began(), all.coalesced, all.underWay], [1, 2, 0]);
    assert.equal(await all.take('a', undefined, () => Promise.resolve('anew')), 'anew');
  });

  it('that need themselves are refused at once', async () => {
    const all = flights();
    const inner = await all.take('a', undefined, flight =>
      all.take('a', flight, () => Promise.resolve('never')),
    );
    assert.equal(inner, 'circle');
    assert.deepEqual([all.circles, all.underWay], [1, 0]);
  });

  it('that need each other end, begun by two clients at the same time', async () => {
    const all = flights();
    const need = (key: string, other: string): Promise<string> =>
      all.take(key, undefined, async flight => {
        await Promise.resolve();
        return `${key} by ${await all.take(other, flight, () => Promise.resolve('fresh'))}`;
      });
    // Each waits for the other's: whoever comes second to wait is refused.
    const results = await Promise.all([need('a', 'b'), need('b', 'a')]);
    assert.equal(all.circles, 1);
    assert.ok(
      results.some(result => result.endsWith('circle')),
      results.join(),
    );
    assert.equal(all.underWay, 0);
  });

  it('in a circle of many are refused where it would close', async () => {
    const all = flights();
    const count = 50;
    const gate = Promise.withResolvers<void>();
    const results = Array.from({ length: count }, (_, i) =>
      all.take(`${i}`, undefined, async flight => {
        await gate.promise;
        return await all.take(`${(i + 1) % count}`, flight, () => Promise.resolve('fresh'));
      }),
    );
    gate.resolve();
    assert.deepEqual(new Set(await Promise.all(results)), new Set(['circle']));
    assert.equal(all.circles, 1);
  });

  it('fail for their leader alone when his budget runs out: a joiner takes over', async () => {
    const all = flights();
    const gate = Promise.withResolvers<string>();
    const leader = all.take('a', undefined, () => gate.promise);
    const joiners = [1, 2].map(() => all.take('a', undefined, () => Promise.resolve('found')));
    gate.reject(new BudgetExhausted('packets'));
    await assert.rejects(leader, BudgetExhausted);
    assert.deepEqual(await Promise.all(joiners), ['found', 'found']);
  });

  it('that failed for reasons of their leader are begun anew, but not without end', async () => {
    const all = flights();
    let begun = 0;
    const run = (): Promise<string> => {
      begun += 1;
      return Promise.resolve(`mine ${begun}`);
    };
    const results = await Promise.all(Array.from({ length: 20 }, () => all.take('a', undefined, run)));
    assert.ok(results.every(result => result.startsWith('mine')));
    assert.ok(begun <= 3, `${begun}`);
  });

  it('end for all when they fail for another reason', async () => {
    const all = flights();
    const gate = Promise.withResolvers<string>();
    const results = [1, 2].map(() => all.take('a', undefined, () => gate.promise));
    gate.reject(new Error('a fault'));
    for (const result of results) await assert.rejects(result, /a fault/);
    assert.equal(all.underWay, 0);
  });

  it('are bounded: in all, and in who waits for one', async () => {
    const all = flights({ flights: 2, joinersPerFlight: 1, joiners: 1000 });
    const [a, b] = [held(), held()];
    const taken = [all.take('a', undefined, a.run), all.take('b', undefined, b.run)];
    assert.equal(await all.take('c', undefined, () => Promise.resolve('never')), 'full');
    taken.push(all.take('a', undefined, a.run));
    assert.equal(await all.take('a', undefined, a.run), 'full');
    assert.equal(all.shed, 2);
    a.end('a');
    b.end('b');
    assert.deepEqual(await Promise.all(taken), ['a', 'b', 'a']);
  });

  it('are bounded in all who wait, whatever they wait for', async () => {
    const all = flights({ flights: 10, joinersPerFlight: 10, joiners: 2 });
    const [a, b] = [held(), held()];
    const taken = [all.take('a', undefined, a.run), all.take('b', undefined, b.run)];
    taken.push(all.take('a', undefined, a.run), all.take('b', undefined, b.run));
    assert.equal(await all.take('b', undefined, b.run), 'full');
    a.end('a');
    assert.equal(await taken[2], 'a');
    // One has left: there is room again.
    taken.push(all.take('b', undefined, b.run));
    b.end('b');
    assert.deepEqual(await Promise.all(taken), ['a', 'b', 'a', 'b', 'b']);
    assert.equal(all.shed, 1);
  });
});
