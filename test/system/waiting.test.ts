import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bell } from '../../src/system/bell.ts';
import { Fault } from '../../src/system/fault.ts';
import { Occasion } from '../../src/system/occasion.ts';
import { isTrueWithin, within } from '../../src/system/within.ts';
import { fakeClock } from '../support/fake-clock.ts';

const never = new AbortController().signal;
const reason = new Error('enough');

/** Work that ends only with its signal. */
const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('a bell', () => {
  it('ends a wait at once, and says that it was rung', async () => {
    const clock = fakeClock();
    const bell = new Bell();
    const waiting = bell.wait(1000, clock, never);
    bell.ring();
    assert.equal(await waiting, true);
    assert.equal(clock.monotonicMs(), fakeClock().monotonicMs());
  });

  it('ends the next wait when it was rung before, and that one only', async () => {
    const clock = fakeClock();
    const bell = new Bell();
    bell.ring();
    bell.ring();
    assert.equal(await bell.wait(1000, clock, never), true);
    const second = bell.wait(1000, clock, never);
    await clock.advance(1000);
    assert.equal(await second, false);
  });

  it('throws the reason of the signal', async () => {
    const end = new AbortController();
    const waiting = new Bell().wait(1000, fakeClock(), end.signal);
    end.abort(reason);
    await assert.rejects(waiting, reason);
  });
});

describe('an occasion', () => {
  it('wakes everyone who waits, and nobody who comes later', async () => {
    const occasion = new Occasion();
    const both = Promise.all([occasion.next(never), occasion.next(never)]);
    occasion.happen();
    await both;
    const end = new AbortController();
    const late = occasion.next(end.signal);
    end.abort(reason);
    await assert.rejects(late, reason);
  });
});

describe('work within limits', () => {
  it('gives its result, and aborts with a fault when its time is over', async () => {
    const clock = fakeClock();
    assert.equal(await within({ ms: 50, clock, signals: [] }, async () => 7), 7);
    const slow = within({ ms: 50, clock, signals: [] }, forever);
    const ended = assert.rejects(slow, error => error instanceof Fault && error.code === 'timeout');
    await clock.advance(50);
    await ended;
  });

  it('aborts with any of its signals, and does not begin when one has aborted already', async () => {
    const clock = fakeClock();
    const end = new AbortController();
    const work = within({ ms: 50, clock, signals: [never, end.signal] }, forever);
    end.abort(reason);
    await assert.rejects(work, reason);
    let began = false;
    const late = within({ ms: 50, clock, signals: [end.signal] }, async () => {
      began = true;
    });
    await assert.rejects(late, reason);
    assert.equal(began, false);
  });

  it('tells a condition that came true from one that did not, and passes on what went wrong', async () => {
    const clock = fakeClock();
    const limits = { ms: 50, clock, signals: [] };
    assert.equal(await isTrueWithin(limits, async () => undefined), true);
    const slow = isTrueWithin(limits, forever);
    await clock.advance(50);
    assert.equal(await slow, false);
    assert.equal(await isTrueWithin({ ...limits, signals: [AbortSignal.abort()] }, forever), false);
    await assert.rejects(
      isTrueWithin(limits, () => Promise.reject(reason)),
      reason,
    );
  });
});
