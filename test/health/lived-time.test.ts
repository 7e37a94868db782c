import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sleepLived } from '../../src/health/lived-time.ts';
import type { Clock } from '../../src/system/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

describe('sleepLived', () => {
  it('lasts as long as asked when this process runs all the time', async () => {
    const clock = fakeClock();
    let done = false;
    sleepLived(100, clock, new AbortController().signal).then(() => {
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
    await sleepLived(100, stopped, new AbortController().signal);
    assert.deepEqual(sleeps, [20, 20, 20, 20]);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    await assert.rejects(sleepLived(100, fakeClock(), AbortSignal.abort(reason)), reason);
  });
});
