import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CheckView,
  type Decision,
  decide,
  reasonKinds,
  type Situation,
  sentenceOf,
  serviceStateOf,
} from '../../src/agent/decide.ts';
import { intentKinds } from '../../src/agent/intent.ts';
import type { FaultClass } from '../../src/health/health-check.ts';
import type { CheckState } from '../../src/health/hysteresis.ts';
import { parseIpPrefix } from '../../src/ip/prefix.ts';
import { plainAnnouncement } from '../../src/routing/announcement.ts';

const wanted = ['203.0.113.53/32', '2001:db8:53::53/128'].map(text => {
  const prefix = parseIpPrefix(text);
  assert.ok(prefix);
  return plainAnnouncement(prefix);
});

const check = (name: string, state: CheckState, faultClass: FaultClass = 'local-hard'): CheckView => ({
  name,
  faultClass,
  state,
  detail: state === 'down' ? 'resolver process gone' : 'fine',
});

const well: Situation = {
  wanted,
  checks: [check('liveness', 'up'), check('answers', 'up', 'local-soft')],
  intent: { kind: 'serve' },
  ending: false,
  exported: new Set(),
};

const prefixes = ({ announcements }: Decision): string[] => announcements.map(({ prefix }) => prefix.text);
const all = wanted.map(({ prefix }) => prefix.text);

describe('the decision', () => {
  const since = '2026-01-02T03:04:05.000Z';
  const drained = { kind: 'drain', since } as const;
  const down = check('liveness', 'down');
  const table: readonly [title: string, change: Partial<Situation>, announced: string[], sentence: string][] =
    [
      ['announces when all checks are up', {}, all, 'announcing: all checks up'],
      [
        'withdraws when a hard check is down',
        { checks: [down, check('answers', 'up', 'local-soft')] },
        [],
        'withdrawn: liveness: resolver process gone',
      ],
      [
        'withdraws when a soft check is down',
        { checks: [check('liveness', 'up'), check('answers', 'down', 'local-soft')] },
        [],
        'withdrawn: answers: resolver process gone',
      ],
      [
        'keeps announcing through a fault that all PoPs share',
        { checks: [check('liveness', 'up'), check('roots', 'down', 'shared')] },
        all,
        'announcing in spite of roots: resolver process gone',
      ],
      [
        'keeps announcing under overload',
        { checks: [check('liveness', 'up'), check('shed', 'down', 'overload')] },
        all,
        'announcing in spite of shed: resolver process gone',
      ],
      [
        'does not wait for a check of a class that never withdraws',
        { checks: [check('liveness', 'up'), check('roots', 'pending', 'shared')] },
        all,
        'announcing: all checks up',
      ],
      [
        'announces nothing new while a check is pending',
        { checks: [check('liveness', 'up'), check('answers', 'pending')] },
        [],
        'starting: waiting for answers',
      ],
      [
        'keeps what the router exports already while a check is pending',
        { checks: [check('answers', 'pending')], exported: new Set([all[0] ?? '', '203.0.113.0/24']) },
        all.slice(0, 1),
        'starting: announced before, kept; waiting for answers',
      ],
      [
        'keeps nothing while pending when the router is not known',
        { checks: [check('answers', 'pending')], exported: undefined },
        [],
        'starting: waiting for answers',
      ],
      [
        'withdraws for a check that is down before it waits for one that is pending',
        { checks: [down, check('answers', 'pending')], exported: new Set(all) },
        [],
        'withdrawn: liveness: resolver process gone',
      ],
      ['withdraws when drained', { intent: drained }, [], `withdrawn: drained by operator since ${since}`],
      [
        'names the drain first when a check is down as well',
        { intent: drained, checks: [down] },
        [],
        `withdrawn: drained by operator since ${since}`,
      ],
      [
        'withdraws when the operator withdrew',
        { intent: { kind: 'withdraw' } },
        [],
        'withdrawn: by operator, still answering',
      ],
      [
        'withdraws when the service address is missing',
        { addressFault: 'no permission' },
        [],
        'withdrawn: service address missing: no permission',
      ],
      ['withdraws when the agent ends', { ending: true }, [], 'withdrawn: the agent is ending'],
    ];
  for (const [title, change, announced, sentence] of table) {
    it(title, () => {
      const decision = decide({ ...well, ...change });
      assert.deepEqual(prefixes(decision), announced);
      assert.equal(sentenceOf(decision), sentence);
    });
  }

  it('lists every reason it can give', () => {
    const given = new Set(table.map(([, change]) => decide({ ...well, ...change }).reason.kind));
    assert.deepEqual([...given].sort(), [...reasonKinds].sort());
  });
});

const badness = { up: 0, pending: 1, down: 2 } as const satisfies Record<CheckState, number>;
const states = ['up', 'pending', 'down'] as const;
const anyCheck = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  faultClass: fc.constantFrom<FaultClass>('local-hard', 'local-soft', 'shared', 'overload'),
  state: fc.constantFrom<CheckState>(...states),
  detail: fc.constant('detail'),
});
const anySituation: fc.Arbitrary<Situation> = fc.record({
  wanted: fc.subarray(wanted),
  checks: fc.array(anyCheck, { maxLength: 5 }),
  intent: fc.record({ kind: fc.constantFrom(...intentKinds) }),
  ending: fc.boolean(),
  exported: fc.option(
    fc.subarray([...all, '203.0.113.0/24']).map(texts => new Set(texts)),
    { nil: undefined },
  ),
});

describe('whatever the situation', () => {
  it('making a check worse never adds an announcement', () => {
    fc.assert(
      fc.property(anySituation, fc.nat(), fc.constantFrom<CheckState>(...states), (situation, at, state) => {
        const { checks } = situation;
        const index = at % Math.max(1, checks.length);
        const before = checks[index];
        fc.pre(before !== undefined && badness[state] >= badness[before.state]);
        const worse = checks.map((one, i) => (i === index ? { ...one, state } : one));
        const then = prefixes(decide(situation));
        const now = prefixes(decide({ ...situation, checks: worse }));
        assert.deepEqual(
          now.filter(prefix => !then.includes(prefix)),
          [],
        );
      }),
    );
  });

  it('only wanted prefixes are announced, and none while a gating check is down', () => {
    fc.assert(
      fc.property(anySituation, situation => {
        const announced = prefixes(decide(situation));
        const may = situation.wanted.map(({ prefix }) => prefix.text);
        assert.deepEqual(
          announced.filter(prefix => !may.includes(prefix)),
          [],
        );
        if (serviceStateOf(situation.checks) === 'down') assert.deepEqual(announced, []);
      }),
    );
  });
});
