import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { combineVerdicts, type MemberVerdict } from '../../src/health/combine-verdicts.ts';
import type { Verdict } from '../../src/health/health-check.ts';

const verdict = fc.oneof(
  fc.constant<Verdict>({ kind: 'healthy' }),
  fc.constant<Verdict>({ kind: 'unknown', reason: 'could not ask' }),
  fc.constant<Verdict>({ kind: 'unhealthy', reason: 'sick' }),
  fc.constant<Verdict>({ kind: 'unhealthy', reason: 'gone', immediate: true }),
);

const named = (verdicts: readonly (Verdict | undefined)[]): MemberVerdict[] =>
  verdicts.map((each, index) => [`m${index}`, each]);

/** Some verdicts, and a number of them that must be healthy. */
const situation = fc
  .array(verdict, { minLength: 1, maxLength: 6 })
  .chain(verdicts => fc.tuple(fc.integer({ min: 1, max: verdicts.length }), fc.constant(verdicts)));

const healthy: Verdict = { kind: 'healthy' };
const sick: Verdict = { kind: 'unhealthy', reason: 'sick' };

/** Every way in which those that are unknown could turn out. */
function resolutions(verdicts: readonly Verdict[]): Verdict[][] {
  return verdicts.reduce<Verdict[][]>(
    (ways, each) =>
      ways.flatMap(way => (each.kind === 'unknown' ? [healthy, sick] : [each]).map(one => [...way, one])),
    [[]],
  );
}

describe('verdicts combined', () => {
  it('are known exactly when no unknown member could change the outcome', () => {
    fc.assert(
      fc.property(situation, ([need, verdicts]) => {
        const outcomes = new Set(
          resolutions(verdicts).map(way =>
            way.filter(({ kind }) => kind === 'healthy').length >= need ? 'healthy' : 'unhealthy',
          ),
        );
        const expected = outcomes.size === 1 ? [...outcomes][0] : 'unknown';
        assert.equal(combineVerdicts(need, named(verdicts)).kind, expected);
      }),
    );
  });

  it('of all members: one unhealthy decides, then one unknown', () => {
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1, maxLength: 6 }), verdicts => {
        const kinds = verdicts.map(({ kind }) => kind);
        const expected =
          ['unhealthy' as const, 'unknown' as const].find(kind => kinds.includes(kind)) ?? 'healthy';
        assert.equal(combineVerdicts(verdicts.length, named(verdicts)).kind, expected);
      }),
    );
  });

  it('of any member: one healthy decides, then one unknown', () => {
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1, maxLength: 6 }), verdicts => {
        const kinds = verdicts.map(({ kind }) => kind);
        const expected =
          ['healthy' as const, 'unknown' as const].find(kind => kinds.includes(kind)) ?? 'unhealthy';
        assert.equal(combineVerdicts(1, named(verdicts)).kind, expected);
      }),
    );
  });

  it('never change once they are decided, whatever those say who have said nothing yet', () => {
    fc.assert(
      fc.property(situation, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (given, heard) => {
        const [need, verdicts] = given;
        const early = combineVerdicts(
          need,
          named(verdicts.map((each, index) => (heard[index] ? each : undefined))),
        );
        if (early.kind !== 'unknown') assert.equal(combineVerdicts(need, named(verdicts)).kind, early.kind);
      }),
    );
  });

  it('do not depend on the order of members', () => {
    fc.assert(
      fc.property(situation, ([need, verdicts]) => {
        const forth = combineVerdicts(need, named(verdicts));
        const back = combineVerdicts(need, named(verdicts.toReversed()));
        assert.equal(forth.kind, back.kind);
        assert.equal('immediate' in forth, 'immediate' in back);
      }),
    );
  });

  it('are immediate only when the immediate ones would decide it by themselves', () => {
    fc.assert(
      fc.property(situation, ([need, verdicts]) => {
        const combined = combineVerdicts(need, named(verdicts));
        const isImmediate = combined.kind === 'unhealthy' && combined.immediate === true;
        const immediates = verdicts.filter(each => each.kind === 'unhealthy' && each.immediate).length;
        assert.equal(isImmediate, verdicts.length - immediates < need);
      }),
    );
  });

  it('name the members that are to blame', () => {
    const members: MemberVerdict[] = [
      ['web', healthy],
      ['mail', { kind: 'unhealthy', reason: 'connection refused' }],
      ['disk', { kind: 'unknown', reason: 'cannot look' }],
    ];
    assert.deepEqual(combineVerdicts(3, members), {
      kind: 'unhealthy',
      reason: 'mail: connection refused',
    });
    assert.deepEqual(combineVerdicts(2, members), {
      kind: 'unknown',
      reason: '1 of 3 healthy, 2 needed: disk: cannot look',
    });
    assert.deepEqual(combineVerdicts(1, members), { kind: 'healthy', detail: '1 of 3 healthy' });
  });
});
