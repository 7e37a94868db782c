import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Damper } from '../../src/agent/damper.ts';
import {
  type Damping,
  type DampingRules,
  flap,
  penaltyAt,
  returnsAt,
  suppressedUntil,
  undamped,
} from '../../src/agent/damping.ts';
import type { Reason } from '../../src/agent/decide.ts';
import type { AgentEvent } from '../../src/agent/event-log.ts';
import { fakeClock } from '../support/fake-clock.ts';

const rules: DampingRules = { hold: 1000, halfLife: 60_000, suppress: 3, reuse: 1, maximum: 600_000 };

const flapsAt = (...times: readonly number[]): Damping =>
  times.reduce((damping, at) => flap(damping, at, rules), undamped);

describe('flap damping', () => {
  it('counts each flap as one, and half of it after the half-life', () => {
    assert.equal(penaltyAt(flapsAt(0), 60_000, rules), 0.5);
    assert.equal(penaltyAt(flapsAt(0, 60_000), 60_000, rules), 1.5);
  });

  it('holds for the configured time after the first flap, and for twice as long after each one that still counts', () => {
    assert.equal(returnsAt(flapsAt(0), 0, rules), 1000);
    assert.equal(returnsAt(flapsAt(0, 0), 0, rules), 2000);
    assert.equal(returnsAt(flapsAt(0, 0), 30_000, rules), 31_000);
  });

  it('suppresses at the threshold, until less than `reuse` is left', () => {
    const damping = flapsAt(0, 0, 0);
    const until = suppressedUntil(damping, rules);
    assert.ok(until !== undefined);
    assert.ok(Math.abs(penaltyAt(damping, until, rules) - rules.reuse) < 1e-9);
    assert.equal(returnsAt(damping, 100, rules), until);
  });

  it('does not suppress what flaps once in a while', () => {
    assert.equal(suppressedUntil(flapsAt(0, 120_000, 240_000, 360_000), rules), undefined);
  });

  it('stays suppressed by a flap that comes before the last suppression is over', () => {
    const later = flap(flapsAt(0, 0, 0), 80_000, rules);
    assert.ok(later.penalty < rules.suppress);
    assert.equal(later.suppressed, true);
  });

  const anyRules = fc
    .record({
      hold: fc.integer({ min: 1, max: 10_000 }),
      halfLife: fc.integer({ min: 100, max: 600_000 }),
      suppress: fc.integer({ min: 2, max: 10 }),
      reuse: fc.constantFrom(0.5, 1, 1.5),
      maximum: fc.integer({ min: 1000, max: 3_600_000 }),
    })
    .filter(({ reuse, maximum, halfLife, suppress }) => reuse * 2 ** (maximum / halfLife) >= suppress);
  const anyTimes = fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 30 });

  it('never suppresses for longer than the maximum, whatever flaps', () => {
    fc.assert(
      fc.property(anyRules, anyTimes, (some, times) => {
        let damping = undamped;
        for (const at of times.sort((a, b) => a - b)) damping = flap(damping, at, some);
        assert.ok((suppressedUntil(damping, some) ?? 0) <= damping.atMs + some.maximum + 1e-6);
        assert.ok(returnsAt(damping, damping.atMs, some) <= damping.atMs + some.maximum + 1e-6);
      }),
    );
  });

  it('never lets a route return earlier for one flap more', () => {
    fc.assert(
      fc.property(anyRules, anyTimes, fc.nat({ max: 100_000 }), (some, times, afterMs) => {
        let damping = undamped;
        for (const at of times.sort((a, b) => a - b)) damping = flap(damping, at, some);
        const at = damping.atMs + afterMs;
        const more = flap(damping, at, some);
        assert.ok(
          returnsAt(more, at, some) >= Math.min(returnsAt(damping, at, some), at + some.maximum) - 1e-6,
        );
      }),
    );
  });

  it('never counts less for time that has not gone by, nor more for time that has', () => {
    fc.assert(
      fc.property(anyRules, anyTimes, fc.nat({ max: 1_000_000 }), (some, times, afterMs) => {
        let damping = undamped;
        for (const at of times.sort((a, b) => a - b)) damping = flap(damping, at, some);
        assert.ok(penaltyAt(damping, damping.atMs + afterMs, some) <= damping.penalty);
      }),
    );
  });
});

describe('the damper', () => {
  const up: Reason = { kind: 'all-checks-up' };
  const down: Reason = { kind: 'check-down', checks: [] };

  const damper = (config: DampingRules | 'off' = rules) => {
    const clock = fakeClock();
    const events: AgentEvent[] = [];
    const over: number[] = [];
    const made = new Damper({
      config,
      clock,
      record: event => events.push(event),
      onOver: () => over.push(clock.monotonicMs()),
    });
    return { clock, events, over, damper: made };
  };

  it('holds a route that was withdrawn for a fault, and says when the hold is over', async () => {
    const world = damper();
    await using held = world.damper;
    const startMs = world.clock.monotonicMs();
    assert.equal(held.holdFor(up), undefined);
    assert.equal(held.holdFor(down), undefined);
    assert.equal(held.holdFor(up)?.effect, 'withdraw');
    await world.clock.advance(1000);
    assert.deepEqual(world.over, [startMs + 1000]);
    assert.equal(held.holdFor(up), undefined);
  });

  it('ends a hold although the timer fires early', async () => {
    const clock = fakeClock();
    const early = {
      ...clock,
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(Math.max(0.1, ms - 0.5), signal),
    };
    let isHeld = true;
    await using held: Damper = new Damper({
      config: rules,
      clock: early,
      record: () => undefined,
      onOver: () => {
        isHeld = held.holdFor(up) !== undefined;
      },
    });
    held.holdFor(up);
    held.holdFor(down);
    held.holdFor(up);
    await clock.advance(1010);
    assert.equal(isHeld, false);
  });

  it('begins the hold anew when it is not well in between', async () => {
    const world = damper();
    await using held = world.damper;
    held.holdFor(up);
    held.holdFor(down);
    held.holdFor(up);
    await world.clock.advance(900);
    held.holdFor(down);
    await world.clock.advance(200);
    assert.notEqual(held.holdFor(up), undefined);
  });

  it('counts what a fault takes from a route in service, and not what was never announced', async () => {
    const world = damper();
    await using held = world.damper;
    held.holdFor({ kind: 'starting', waitingFor: ['answers'], kept: false });
    held.holdFor(down);
    assert.equal(world.events.length, 0);
    held.holdFor(up);
    held.holdFor(down);
    assert.deepEqual(
      world.events.map(event => event.kind),
      ['damping'],
    );
  });

  it('suppresses a route that flaps, visibly, until an operator forgets it', async () => {
    const world = damper();
    await using held = world.damper;
    for (let round = 0; round < 3; round += 1) {
      held.holdFor(up);
      held.holdFor(down);
    }
    await world.clock.advance(10_000);
    assert.equal(held.holdFor(up)?.suppressed, true);
    const { suppressed, suppressedForMs = 0 } = held.report();
    assert.equal(suppressed, true);
    assert.ok(suppressedForMs > 60_000);
    held.forget();
    assert.equal(held.holdFor(up), undefined);
    assert.deepEqual(held.report(), { penalty: 0, suppressed: false });
  });

  it('does nothing when it is off', async () => {
    await using held = damper('off').damper;
    held.holdFor(up);
    held.holdFor(down);
    assert.equal(held.holdFor(up), undefined);
  });
});
