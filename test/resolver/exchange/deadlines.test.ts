import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deadlines } from '../../../src/resolver/exchange/deadlines.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('deadlines', () => {
  it('run in the order of their time, none early, at most a tick late', async () => {
    const clock = fakeClock();
    await using deadlines = new Deadlines(clock);
    const startMs = clock.monotonicMs();
    const ran: [number, number][] = [];
    for (const ms of [50, 7, 376, 12]) deadlines.set(ms, () => ran.push([ms, clock.monotonicMs() - startMs]));
    await clock.advance(400);
    assert.deepEqual(
      ran.map(([ms]) => ms),
      [7, 12, 50, 376],
    );
    for (const [ms, at] of ran) assert.ok(at >= ms && at <= ms + 5, `${ms} ran at ${at}`);
  });

  it('do not run when they are called off, and let time stand when none is left', async () => {
    const clock = fakeClock();
    let sleeps = 0;
    await using deadlines = new Deadlines({
      ...clock,
      sleep: (ms, signal) => {
        sleeps += 1;
        return clock.sleep(ms, signal);
      },
    });
    let ran = 0;
    const deadline = deadlines.set(100, () => {
      ran += 1;
    });
    await clock.advance(20);
    deadline.callOff();
    deadline.callOff();
    await clock.advance(10);
    const before = sleeps;
    await clock.advance(1000);
    assert.deepEqual([ran, sleeps], [0, before]);
    deadlines.set(10, () => {
      ran += 1;
    });
    await clock.advance(20);
    assert.equal(ran, 1);
  });

  it('may be set by one that runs', async () => {
    const clock = fakeClock();
    await using deadlines = new Deadlines(clock);
    const ran: string[] = [];
    deadlines.set(10, () => {
      ran.push('first');
      deadlines.set(10, () => ran.push('second'));
    });
    await clock.advance(12);
    assert.deepEqual(ran, ['first']);
    await clock.advance(30);
    assert.deepEqual(ran, ['first', 'second']);
  });

  it('never run after the end', async () => {
    const clock = fakeClock();
    const deadlines = new Deadlines(clock);
    deadlines.set(10, () => assert.fail());
    await deadlines[Symbol.asyncDispose]();
    await clock.advance(100);
  });
});
