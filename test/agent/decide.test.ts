import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Attribution,
  type CheckView,
  type Decision,
  decide,
  type FloorAnswer,
  type ReasonKind,
  reasonKinds,
  type Situation,
  serviceStateOf,
  trace,
} from '../../src/agent/decide.ts';
import { sentenceOf } from '../../src/agent/decision-text.ts';
import { type IntentKind, intentKinds } from '../../src/agent/intent.ts';
import { type FaultAction, faultClasses } from '../../src/config/anycast-config.ts';
import type { FaultClass } from '../../src/health/health-check.ts';
import type { CheckState } from '../../src/health/hysteresis.ts';
import { parseIpPrefix } from '../../src/ip/prefix.ts';
import { attributesKey, noAttributes, plainAnnouncement } from '../../src/routing/announcement.ts';

const wanted = ['203.0.113.53/32', '2001:db8:53::53/128'].map(text => {
  const prefix = parseIpPrefix(text);
  assert.ok(prefix);
  return plainAnnouncement(prefix);
});
const all = wanted.map(({ prefix }) => prefix.text);

const check = (
  name: string,
  state: CheckState,
  faultClass: FaultClass = 'local-hard',
  attribution?: Attribution,
): CheckView => ({
  name,
  faultClass,
  state,
  detail: state === 'down' ? 'broken' : 'fine',
  ...(attribution && { attribution }),
});

const prepended = { degrade: { ...noAttributes, prepend: 3 } } as const;
const faults = { 'local-soft': 'withdraw', shared: 'withdraw', overload: 'keep' } as const;

const well: Situation = {
  wanted,
  checks: [check('liveness', 'up'), check('answers', 'up', 'local-soft')],
  faults,
  intent: { kind: 'serve' },
  ending: false,
  standing: new Set(all),
  floor: 'granted',
};

const prefixes = ({ announcements }: Decision): string[] => announcements.map(({ prefix }) => prefix.text);

const since = '2026-01-02T03:04:05.000Z';
const sick = [check('liveness', 'up'), check('answers', 'down', 'local-soft')];
const hold = { effect: 'withdraw', until: since, suppressed: false } as const;

describe('the decision', () => {
  const table: readonly [title: string, change: Partial<Situation>, announced: string[], sentence: string][] =
    [
      ['announces when all checks are up', { standing: new Set() }, all, 'announcing: all checks up'],
      [
        'withdraws when a hard check is down, whatever the floor says',
        { checks: [check('liveness', 'down')], floor: 'refused' },
        [],
        'withdrawn: liveness: broken',
      ],
      [
        'withdraws when a soft check is down and others stay',
        { checks: sick },
        [],
        'withdrawn: answers: broken',
      ],
      [
        'keeps what stands when a soft check is down and too few others stay',
        { checks: sick, floor: 'refused' },
        all,
        'announcing in spite of answers: broken: too few other PoPs are known to stay',
      ],
      [
        'keeps what stands while the others are asked',
        { checks: sick, floor: 'asking' },
        all,
        'announcing while other PoPs are asked whether they stay: answers: broken',
      ],
      [
        'brings nothing back that is gone, for the sake of the floor',
        { checks: sick, floor: 'refused', standing: new Set() },
        [],
        'announcing nothing new in spite of answers: broken: too few other PoPs are known to stay',
      ],
      [
        'gives the routes other attributes where a soft fault is to degrade them',
        { checks: sick, faults: { ...faults, 'local-soft': prepended }, floor: 'refused' },
        all,
        'degraded (prepend 3): answers: broken',
      ],
      [
        'keeps announcing through a shared fault that nobody could attribute',
        { checks: [check('liveness', 'up'), check('roots', 'down', 'shared', 'unknown')] },
        all,
        'announcing in spite of roots: broken (where, nobody knows)',
      ],
      [
        'keeps announcing through a fault that other PoPs have too',
        { checks: [check('liveness', 'up'), check('roots', 'down', 'shared', 'everywhere')] },
        all,
        'announcing in spite of roots: broken (everywhere)',
      ],
      [
        'withdraws for a shared fault that turns out to be ours alone',
        { checks: [check('liveness', 'up'), check('roots', 'down', 'shared', 'here')] },
        [],
        'withdrawn: roots: broken (here alone)',
      ],
      [
        'withdraws for a shared fault that nobody could place when no neighbour hears it anyway',
        { checks: [check('liveness', 'up'), check('roots', 'down', 'shared', 'isolated')] },
        [],
        'withdrawn: roots: broken (no neighbour hears this PoP)',
      ],
      [
        'keeps announcing under overload',
        { checks: [check('liveness', 'up'), check('shed', 'down', 'overload')] },
        all,
        'announcing in spite of shed: broken',
      ],
      [
        'does not wait for a check of what PoPs share',
        { checks: [check('liveness', 'up'), check('roots', 'pending', 'shared')], standing: new Set() },
        all,
        'announcing: all checks up',
      ],
      [
        'announces nothing new while a local check is pending',
        { checks: [check('answers', 'pending')], standing: new Set() },
        [],
        'starting: waiting for answers',
      ],
      [
        'keeps what stands while a local check is pending',
        { checks: [check('answers', 'pending')], standing: new Set([all[0] ?? '', '203.0.113.0/24']) },
        all.slice(0, 1),
        'starting: announced before, kept; waiting for answers',
      ],
      [
        'stays away for the hold after a fault',
        { hold },
        [],
        `withdrawn: well again, waiting until ${since}`,
      ],
      [
        'stays away while flap damping suppresses it',
        { hold: { ...hold, suppressed: true } },
        [],
        `withdrawn: suppressed by flap damping until ${since}`,
      ],
      [
        'stays degraded for the hold after a fault that degraded it',
        { hold: { ...hold, effect: 'degrade' }, faults: { ...faults, 'local-soft': prepended } },
        all,
        `degraded: well again, waiting until ${since}`,
      ],
      [
        'lets others take over first when a drain is graceful',
        { intent: { kind: 'drain', since }, leaving: { ...noAttributes, communities: [[65_535, 0]] } },
        all,
        'leaving (community 65535:0): others take over before the withdrawal',
      ],
      [
        'is not graceful when the resolver dies meanwhile',
        {
          intent: { kind: 'drain', since },
          leaving: { ...noAttributes, communities: [[65_535, 0]] },
          checks: [check('liveness', 'down')],
        },
        [],
        `withdrawn: drained by operator since ${since}`,
      ],
      [
        'withdraws when drained, and says so when a check is down as well',
        { intent: { kind: 'drain', since }, checks: [check('liveness', 'down')] },
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

  it('adds up what several faults do to the attributes', () => {
    const overload = { degrade: { ...noAttributes, prepend: 1, communities: [[64_500, 9]] as const } };
    const { announcements } = decide({
      ...well,
      checks: [...sick, check('shed', 'down', 'overload')],
      faults: { ...faults, 'local-soft': prepended, overload },
    });
    assert.deepEqual(
      announcements.map(({ prepend, communities }) => [prepend, communities]),
      all.map(() => [4, [[64_500, 9]]]),
    );
  });

  it('can be traced: the first rule that applies decides, and those after it say that they would', () => {
    const steps = trace({ ...well, ending: true, checks: sick });
    assert.equal(steps.filter(({ outcome }) => outcome === 'decides').length, 1);
    assert.equal(steps.find(({ outcome }) => outcome === 'decides')?.when, 'the agent is ending');
    assert.equal(steps.at(-1)?.outcome, 'would');
  });
});

/** The whole table: every combination of what a decision can depend on, and what must come of it. */
describe('the decision table', () => {
  const states = ['up', 'pending', 'down'] as const;
  const attributions = [undefined, 'here', 'everywhere', 'unknown', 'isolated'] as const;
  const actions: readonly FaultAction[] = ['keep', 'withdraw', prepended];
  const floors: readonly FloorAnswer[] = ['granted', 'refused', 'asking'];

  interface Row {
    readonly intent: IntentKind;
    readonly ending: boolean;
    readonly leaving: boolean;
    readonly missing: boolean;
    readonly hard: CheckState;
    readonly soft: CheckState;
    readonly shared: CheckState;
    readonly attribution: (typeof attributions)[number];
    readonly overload: CheckState;
    readonly action: FaultAction;
    readonly floor: FloorAnswer;
    readonly hold: boolean;
    readonly stands: boolean;
  }

  const dimensions: { readonly [Key in keyof Row]: readonly Row[Key][] } = {
    intent: intentKinds,
    ending: [false, true],
    leaving: [false, true],
    missing: [false, true],
    hard: states,
    soft: states,
    shared: states,
    attribution: attributions,
    overload: states,
    action: actions,
    floor: floors,
    hold: [false, true],
    stands: [false, true],
  };

  function* rows(keys = Object.keys(dimensions) as (keyof Row)[]): Generator<Partial<Row>> {
    const [key, ...rest] = keys;
    if (key === undefined) return yield {};
    for (const row of rows(rest)) for (const value of dimensions[key]) yield { ...row, [key]: value };
  }

  type Expected = readonly [ReasonKind, announced: boolean, degraded: boolean];

  /** Said once more, in other words than the rules: what is announced, and whether with other attributes. */
  function expected(row: Row): Expected {
    const broken = row.hard === 'down' || row.missing;
    if (row.leaving && !broken) return ['leaving', mayStand(row), mayStand(row)];
    if (row.ending) return ['agent-ending', false, false];
    if (row.intent === 'drain') return ['drained', false, false];
    if (row.intent === 'withdraw') return ['withdrawn-by-operator', false, false];
    if (row.missing) return ['address-missing', false, false];
    return row.hard === 'down' ? ['check-down', false, false] : expectedOfFaults(row);
  }

  function expectedOfFaults(row: Row): Expected {
    const may = mayStand(row);
    const softFault = row.soft === 'down' || row.overload === 'down';
    const acts = softFault || isOurs(row);
    const degrades = acts && typeof row.action === 'object';
    if (acts && row.action === 'withdraw')
      return row.floor === 'granted' ? ['check-down', false, false] : ['at-floor', may, false];
    if ([row.hard, row.soft].includes('pending')) return ['starting', may, may && degrades];
    if (row.hold) return ['held', false, false];
    if (degrades) return ['degraded', may, may];
    return softFault || row.shared === 'down'
      ? ['faults-tolerated', may, false]
      : ['all-checks-up', true, false];
  }

  function isOurs({ shared, attribution }: Row): boolean {
    return shared === 'down' && (attribution === 'here' || attribution === 'isolated');
  }

  function mayStand({ hard, soft, stands }: Row): boolean {
    return (hard === 'up' && soft === 'up') || stands;
  }

  it('gives in every combination what the words above say', () => {
    let count = 0;
    for (const row of rows() as Generator<Row>) {
      count += 1;
      const decision = decide({
        wanted,
        checks: [
          check('liveness', row.hard),
          check('answers', row.soft, 'local-soft'),
          check('upstream', row.shared, 'shared', row.attribution),
          check('load', row.overload, 'overload'),
        ],
        faults: { 'local-soft': row.action, shared: row.action, overload: row.action },
        intent: { kind: row.intent },
        ending: row.ending,
        ...(row.leaving && { leaving: { ...noAttributes, communities: [[65_535, 0]] } }),
        ...(row.missing && { addressFault: 'gone' }),
        standing: new Set(row.stands ? all : []),
        floor: row.floor,
        ...(row.hold && { hold }),
      });
      const isPlain = decision.announcements.every(
        route => attributesKey(route) === attributesKey(noAttributes),
      );
      const seen = [decision.reason.kind, decision.announcements.length > 0, !isPlain];
      const [kind, announced, degraded] = expected(row);
      assert.deepEqual(seen, [kind, announced, degraded], JSON.stringify(row));
    }
    assert.equal(count, 3 * 2 * 2 * 2 * 3 * 3 * 3 * 5 * 3 * 3 * 3 * 2 * 2);
  });
});

const badness = { up: 0, pending: 1, down: 2 } as const satisfies Record<CheckState, number>;
const anyState = fc.constantFrom<CheckState>('up', 'pending', 'down');
const anyCheck: fc.Arbitrary<CheckView> = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    faultClass: fc.constantFrom<FaultClass>(...faultClasses),
    state: anyState,
    detail: fc.constant('detail'),
    attribution: fc.constantFrom<Attribution>('here', 'everywhere', 'unknown', 'isolated'),
  },
  { requiredKeys: ['name', 'faultClass', 'state', 'detail'] },
);
const anyAction = fc.constantFrom<FaultAction>('keep', 'withdraw', prepended);
const anySituation: fc.Arbitrary<Situation> = fc.record(
  {
    wanted: fc.subarray(wanted),
    checks: fc.array(anyCheck, { maxLength: 5 }),
    faults: fc.record({ 'local-soft': anyAction, shared: anyAction, overload: anyAction }),
    intent: fc.record({ kind: fc.constantFrom(...intentKinds) }),
    ending: fc.boolean(),
    standing: fc.subarray([...all, '203.0.113.0/24']).map(texts => new Set(texts)),
    floor: fc.constantFrom<FloorAnswer>('granted', 'refused', 'asking'),
    hold: fc.constant(hold),
    leaving: fc.constant({ ...noAttributes, communities: [[65_535, 0] as const] }),
  },
  { requiredKeys: ['wanted', 'checks', 'faults', 'intent', 'ending', 'standing', 'floor'] },
);

describe('whatever the situation', () => {
  it('making a check worse never adds an announcement', () => {
    fc.assert(
      fc.property(anySituation, fc.nat(), anyState, (situation, at, state) => {
        const { checks } = situation;
        const index = at % Math.max(1, checks.length);
        const before = checks[index];
        fc.pre(before !== undefined && badness[state] >= badness[before.state]);
        const worse = checks.map((one, i) => (i === index ? { ...one, state } : one));
        const then = prefixes(decide(situation));
        const now = prefixes(decide({ ...situation, checks: worse }));
        // A hold ends when a fault begins: what it held back is then what the fault decides about.
        fc.pre(situation.hold === undefined);
        assert.deepEqual(
          now.filter(prefix => !then.includes(prefix)),
          [],
        );
      }),
    );
  });

  it('only wanted prefixes are announced, and none that does not stand while a local check is not up', () => {
    fc.assert(
      fc.property(anySituation, situation => {
        const announced = prefixes(decide(situation));
        const may = situation.wanted.map(({ prefix }) => prefix.text);
        assert.deepEqual(
          announced.filter(prefix => !may.includes(prefix)),
          [],
        );
        if (serviceStateOf(situation.checks) === 'up') return;
        assert.deepEqual(
          announced.filter(prefix => !situation.standing.has(prefix)),
          [],
        );
      }),
    );
  });

  it('nothing is announced while a hard check is down', () => {
    fc.assert(
      fc.property(anySituation, situation => {
        const checks = [...situation.checks, check('process', 'down')];
        assert.deepEqual(prefixes(decide({ ...situation, checks })), []);
      }),
    );
  });

  it('no soft fault takes a standing route away without leave of the floor', () => {
    fc.assert(
      fc.property(anySituation, fc.constantFrom<FloorAnswer>('refused', 'asking'), (any, floor) => {
        const checks = any.checks.filter(({ faultClass }) => faultClass !== 'local-hard');
        const situation = { ...well, standing: any.standing, faults: any.faults, checks, floor };
        const announced = prefixes(decide(situation));
        assert.deepEqual(
          all.filter(prefix => any.standing.has(prefix) && !announced.includes(prefix)),
          [],
        );
      }),
    );
  });

  it('no fault of something shared withdraws while it may be anywhere and neighbours hear this PoP', () => {
    fc.assert(
      fc.property(
        anySituation,
        fc.constantFrom<Attribution | undefined>(undefined, 'everywhere', 'unknown'),
        (situation, attribution) => {
          const down = check('upstream', 'down', 'shared', attribution);
          const without = prefixes(decide(situation));
          assert.deepEqual(prefixes(decide({ ...situation, checks: [...situation.checks, down] })), without);
        },
      ),
    );
  });
});
