/** Whoever needs whom, and in whatever order it is asked for: all land. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { type Flight, Flights } from '../../../src/resolver/iterator/flights.ts';

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
});
