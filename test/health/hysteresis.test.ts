import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Verdict } from '../../src/health/health-check.ts';
import { isChanging, pendingHysteresis, step } from '../../src/health/hysteresis.ts';

const healthy: Verdict = { kind: 'healthy' };
const unhealthy: Verdict = { kind: 'unhealthy', reason: 'wrong answer' };
const gone: Verdict = { kind: 'unhealthy', reason: 'gone', immediate: true };
const unknown: Verdict = { kind: 'unknown', reason: 'could not ask' };

const thresholds = { rise: 3, fall: 2 };
const after = (...verdicts: Verdict[]) =>
  verdicts.reduce((state, verdict) => step(state, verdict, thresholds), pendingHysteresis);
const up = [healthy, healthy, healthy];

describe('hysteresis', () => {
  it('comes up after exactly `rise` healthy verdicts in a row', () => {
    assert.equal(after(healthy, healthy).state, 'pending');
    assert.equal(after(healthy, healthy, healthy).state, 'up');
    assert.equal(after(healthy, healthy, unhealthy, healthy, healthy).state, 'pending');
  });

  it('goes down after exactly `fall` unhealthy verdicts in a row', () => {
    assert.equal(after(...up, unhealthy).state, 'up');
    assert.equal(after(...up, unhealthy, healthy, unhealthy).state, 'up');
    assert.equal(after(...up, unhealthy, unhealthy).state, 'down');
  });

  it('goes down at once when the verdict is immediate', () => {
    assert.equal(after(...up, gone).state, 'down');
    assert.equal(after(gone).state, 'down');
  });

  it('is changing while pending and while a row is under way, not when settled', () => {
    assert.equal(isChanging(after()), true);
    assert.equal(isChanging(after(...up)), false);
    assert.equal(isChanging(after(...up, unhealthy)), true);
    assert.equal(isChanging(after(gone)), false);
    assert.equal(isChanging(after(gone, healthy)), true);
  });

  const anyThresholds = fc.record({
    rise: fc.integer({ min: 1, max: 6 }),
    fall: fc.integer({ min: 1, max: 6 }),
  });
  const anyVerdicts = fc.array(fc.constantFrom(healthy, unhealthy, gone, unknown), { maxLength: 60 });

  it('is not moved by an unknown verdict, wherever it comes', () => {
    fc.assert(
      fc.property(anyVerdicts, anyThresholds, (verdicts, limits) => {
        const run = (list: readonly Verdict[]) =>
          list.reduce((state, verdict) => step(state, verdict, limits), pendingHysteresis);
        assert.deepEqual(run(verdicts), run(verdicts.filter(verdict => verdict !== unknown)));
      }),
    );
  });

  it('never enters a state on fewer agreeing verdicts in a row than its threshold, unless told at once', () => {
    fc.assert(
      fc.property(anyVerdicts, anyThresholds, (verdicts, limits) => {
        let state = pendingHysteresis;
        const seen: Verdict[] = [];
        for (const verdict of verdicts) {
          const next = step(state, verdict, limits);
          if (verdict !== unknown) seen.push(verdict);
          if (next.state !== state.state && verdict !== gone) {
            const needed = next.state === 'up' ? limits.rise : limits.fall;
            const row = seen.slice(-needed);
            assert.equal(row.length, needed);
            assert.ok(row.every(one => one.kind === verdict.kind));
          }
          state = next;
        }
      }),
    );
  });

  it('always ends in the state that enough equal verdicts ask for', () => {
    fc.assert(
      fc.property(anyVerdicts, anyThresholds, fc.boolean(), (verdicts, limits, well) => {
        const tail = Array<Verdict>(well ? limits.rise : limits.fall).fill(well ? healthy : unhealthy);
        const end = [...verdicts, ...tail].reduce(
          (state, verdict) => step(state, verdict, limits),
          pendingHysteresis,
        );
        assert.equal(end.state, well ? 'up' : 'down');
      }),
    );
  });
});
