import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleepLived } from '../../src/health/lived-time.ts';
import type { Clock } from '../../src/system/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

describe('sleepLived', () => {
  it('lasts as long as asked when this process runs all the time', async () => {
    const clock = fakeClock();
    let done = false;
    sleepLived(100, { clock }, new AbortController().signal).then(() => {
      done = true;
    });
    await clock.advance(99);
    assert.equal(done, false);
    await clock.advance(1);
    assert.equal(done, true);
  });

  it('does not count a long absence of this process', async () => {
    let now = 0;
    const sleeps: number[] = [];
    // The first sleep of 20 ms takes 10 s, as if the process had been stopped meanwhile.
    const stopped: Clock = {
      wallMs: () => now,
      monotonicMs: () => now,
      sleep: async ms => {
        sleeps.push(ms);
        now += sleeps.length === 1 ? 10_000 : ms;
      },
    };
    await sleepLived(100, { clock: stopped }, new AbortController().signal);
    assert.deepEqual(sleeps, [20, 20, 20, 20]);
  });

  it('does not count time in which the service waited for a processor, up to a second', async () => {
    const clock = fakeClock();
    const startedMs = clock.monotonicMs();
    const lastedMs = async (pressedMs: () => number): Promise<number> => {
      const before = clock.monotonicMs();
      const done = sleepLived(100, { clock, pressedMs }, new AbortController().signal);
      const ended = done.then(() => clock.monotonicMs() - before);
      await clock.advance(2000);
      return await ended;
    };
    assert.equal(await lastedMs(() => 7), 100);
    // Half of the time.
    assert.equal(await lastedMs(() => (clock.monotonicMs() - startedMs) / 2), 200);
    // All of it: its clients wait too.
    assert.equal(await lastedMs(() => clock.monotonicMs()), 1100);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    await assert.rejects(sleepLived(100, { clock: fakeClock() }, AbortSignal.abort(reason)), reason);
  });
});
