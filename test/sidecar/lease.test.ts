/** The lease state machine: its rules one by one, and what holds in every history. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Lease,
  type LeaseEvent,
  type LeaseOutcome,
  type LeaseTerms,
  step,
  unclaimedLease,
} from '../../src/sidecar/lease.ts';

const terms: LeaseTerms = { durationMs: 3000, onAgentLoss: 'withdraw' };
const renew = (agent = 'a', knownTerm?: number): LeaseEvent => ({
  kind: 'renew',
  agent,
  ...(knownTerm !== undefined && { knownTerm }),
});
const release = (routes: 'withdraw' | 'keep', agent = 'a'): LeaseEvent => ({
  kind: 'release',
  agent,
  routes,
});
const closed: LeaseEvent = { kind: 'closed', agent: 'a' };
const time: LeaseEvent = { kind: 'time' };

/** The end of a history of events, each with its moment. */
function after(
  history: readonly (readonly [nowMs: number, event: LeaseEvent])[],
  config = terms,
): { lease: Lease; outcome: LeaseOutcome } {
  let now: { lease: Lease; outcome: LeaseOutcome } = { lease: unclaimedLease, outcome: { kind: 'none' } };
  for (const [nowMs, event] of history) now = step(now.lease, event, { nowMs, terms: config });
  return now;
}

describe('the lease', () => {
  it('that nobody ever renewed is not lost, however long that takes', () => {
    assert.deepEqual(after([[1e9, time]]), { lease: unclaimedLease, outcome: { kind: 'none' } });
  });

  it('is taken when its time is over, and not a moment earlier', () => {
    assert.equal(
      after([
        [0, renew()],
        [2999, time],
      ]).outcome.kind,
      'none',
    );
    assert.deepEqual(
      after([
        [0, renew()],
        [3000, time],
      ]).outcome,
      { kind: 'taken', routes: 'withdraw' },
    );
    assert.equal(
      after([
        [0, renew()],
        [2000, renew()],
        [4999, time],
      ]).outcome.kind,
      'none',
    );
  });

  it('is taken for what the configuration says', () => {
    const hold = { ...terms, onAgentLoss: 'hold' } as const;
    assert.deepEqual(
      after(
        [
          [0, renew()],
          [3000, time],
        ],
        hold,
      ).outcome,
      { kind: 'taken', routes: 'hold' },
    );
  });

  it('is taken once, not with every look', () => {
    assert.equal(
      after([
        [0, renew()],
        [3000, time],
        [4000, time],
      ]).outcome.kind,
      'none',
    );
  });

  it('that is renewed late, but before anything was done about it, goes on without a lapse', () => {
    assert.deepEqual(
      after([
        [0, renew()],
        [9000, renew()],
      ]).outcome,
      { kind: 'renewed', lapsed: undefined },
    );
  });

  it('tells the returning agent of the lapse, and tells it again until it shows that it heard', () => {
    const lost = [
      [0, renew('a', 0)],
      [3000, time],
    ] as const;
    const told = { kind: 'renewed', lapsed: 'withdraw' };
    assert.deepEqual(after([...lost, [9000, renew('a', 0)]]).outcome, told);
    assert.deepEqual(after([...lost, [9000, renew('a', 0)], [9100, renew('a', 0)]]).outcome, told);
    assert.deepEqual(after([...lost, [9000, renew('a', 0)], [9100, renew('a', 1)]]).outcome, {
      kind: 'renewed',
      lapsed: undefined,
    });
  });

  it('tells a successor of a lapse that its predecessor had not heard of, and of none that it had', () => {
    const lost = [
      [0, renew('a', 0)],
      [3000, time],
    ] as const;
    const told = { kind: 'renewed', lapsed: 'withdraw' };
    assert.deepEqual(after([...lost, [9000, renew('b')]]).outcome, told);
    assert.deepEqual(after([...lost, [9000, renew('b')], [9100, renew('b')]]).outcome, told);
    const heard = [...lost, [9000, renew('a', 0)], [9100, renew('a', 1)], [9200, closed]] as const;
    assert.deepEqual(after([...heard, [9300, renew('b')]]).outcome, { kind: 'renewed', lapsed: undefined });
  });

  it('says `hold` of a lapse in which nothing was withdrawn', () => {
    const hold = { ...terms, onAgentLoss: 'hold' } as const;
    assert.deepEqual(
      after(
        [
          [0, renew('a', 0)],
          [3000, time],
          [4000, renew('a', 0)],
        ],
        hold,
      ).outcome,
      {
        kind: 'renewed',
        lapsed: 'hold',
      },
    );
  });

  it('is not given to a second agent while the first one lives', () => {
    assert.deepEqual(
      after([
        [0, renew('a')],
        [100, renew('b')],
      ]).outcome,
      { kind: 'refused', holder: 'a' },
    );
  });

  it('goes to a successor at once when the first one is gone, and the routes stay', () => {
    const { lease, outcome } = after([
      [0, renew('a')],
      [100, closed],
      [200, renew('b')],
    ]);
    assert.deepEqual(outcome, { kind: 'renewed', lapsed: undefined });
    assert.equal(lease.term, 0);
  });

  it('runs on when the connection closes: a restart within it loses nothing, and no restart ends it in its time', () => {
    assert.equal(
      after([
        [0, renew()],
        [100, closed],
        [2999, time],
      ]).outcome.kind,
      'none',
    );
    assert.equal(
      after([
        [0, renew()],
        [100, closed],
        [3000, time],
      ]).outcome.kind,
      'taken',
    );
  });

  it('released with `withdraw` is taken at once whatever the configuration says of losses', () => {
    const hold = { ...terms, onAgentLoss: 'hold' } as const;
    const { lease, outcome } = after(
      [
        [0, renew()],
        [10, release('withdraw')],
      ],
      hold,
    );
    assert.deepEqual(outcome, { kind: 'taken', routes: 'withdraw' });
    assert.equal(lease.state.kind === 'taken' && lease.state.cause, 'released');
  });

  it('released with `keep` runs out in its time, and is free for a successor until then', () => {
    const kept = [
      [0, renew()],
      [10, release('keep')],
    ] as const;
    assert.equal(after([...kept, [2999, time]]).outcome.kind, 'none');
    assert.equal(after([...kept, [3000, time]]).outcome.kind, 'taken');
    assert.equal(after([...kept, [500, renew('b')]]).outcome.kind, 'renewed');
  });

  it('is not released by an agent that does not hold it', () => {
    assert.equal(
      after([
        [0, renew('a')],
        [10, release('withdraw', 'b')],
      ]).outcome.kind,
      'none',
    );
  });
});

/** What two agents, the kernel and the clock do, in any order. `heard`: whether the agent's answer reached it. */
interface Move {
  readonly afterMs: number;
  readonly agent: 'a' | 'b';
  readonly what: 'renew' | 'release' | 'keep' | 'closed' | 'time';
  readonly heard: boolean;
}

const anyMove: fc.Arbitrary<Move> = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 5000 })),
  agent: fc.constantFrom('a', 'b'),
  what: fc.constantFrom('renew', 'renew', 'renew', 'release', 'keep', 'closed', 'time'),
  heard: fc.boolean(),
});
const anyTerms: fc.Arbitrary<LeaseTerms> = fc.record({
  durationMs: fc.integer({ min: 500, max: 4000 }),
  onAgentLoss: fc.constantFrom('withdraw', 'hold'),
});

/** One step of a history. `knew`: the term that the agent of a renewal had last heard of. */
interface Seen {
  readonly before: Lease;
  readonly event: LeaseEvent;
  readonly nowMs: number;
  readonly lease: Lease;
  readonly outcome: LeaseOutcome;
  readonly knew: number | undefined;
}

function eventOf(what: Move['what'], agent: string, knew: number | undefined): LeaseEvent {
  if (what === 'renew') return renew(agent, knew);
  if (what === 'release') return release('withdraw', agent);
  if (what === 'keep') return release('keep', agent);
  return what === 'closed' ? { kind: 'closed', agent } : time;
}

/** Plays the moves; an agent knows the term of the last answer that reached it. */
function play(moves: readonly Move[], config: LeaseTerms): readonly Seen[] {
  const known = new Map<string, number>();
  const seen: Seen[] = [];
  let before = unclaimedLease;
  let nowMs = 0;
  for (const { afterMs, agent, what, heard } of moves) {
    nowMs += afterMs;
    const knew = known.get(agent);
    const event = eventOf(what, agent, knew);
    const { lease, outcome } = step(before, event, { nowMs, terms: config });
    seen.push({ before, event, nowMs, lease, outcome, knew });
    if (outcome.kind === 'renewed' && heard) known.set(agent, lease.term);
    before = lease;
  }
  return seen;
}

/** Checks a claim about each step of any history, given the steps before it. */
function inEveryHistory(claim: (each: Seen, earlier: readonly Seen[], config: LeaseTerms) => void): void {
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 60 }), anyTerms, (moves, config) => {
      const seen = play(moves, config);
      for (const [index, each] of seen.entries()) claim(each, seen.slice(0, index), config);
    }),
  );
}

describe('in every history of a lease', () => {
  it('it is taken only when its whole time went by since the last renewal, or its holder released it', () => {
    inEveryHistory(({ before, event, outcome, nowMs }, earlier, config) => {
      if (outcome.kind !== 'taken') return;
      assert.ok(before.state.kind === 'held');
      if (event.kind !== 'time') {
        assert.deepEqual(event, release('withdraw', before.state.agent));
        return;
      }
      const renewed = earlier.findLast(each => each.outcome.kind === 'renewed');
      assert.ok(renewed && nowMs - renewed.nowMs >= config.durationMs);
      assert.equal(outcome.routes, config.onAgentLoss);
    });
  });

  it('a look after its time always finds it taken, unless it was never claimed', () => {
    inEveryHistory(({ lease }, _earlier, config) => {
      const later = step(lease, time, { nowMs: 1e12, terms: config }).lease;
      assert.equal(later.state.kind, lease.state.kind === 'unclaimed' ? 'unclaimed' : 'taken');
    });
  });

  it('an agent that knows a term hears of a lapse exactly when there was one since, and of a withdrawal likewise', () => {
    inEveryHistory(({ outcome, knew }, earlier) => {
      if (outcome.kind !== 'renewed' || knew === undefined) return;
      const done = earlier
        .filter(each => each.outcome.kind === 'taken' && each.lease.term > knew)
        .map(each => each.outcome.kind === 'taken' && each.outcome.routes);
      const worst = done.includes('withdraw') ? 'withdraw' : done[0];
      assert.equal(outcome.lapsed, worst);
    });
  });

  it('nobody renews a taken lease without being told', () => {
    inEveryHistory(({ before, outcome }) => {
      if (before.state.kind === 'taken' && outcome.kind === 'renewed') assert.ok(outcome.lapsed);
    });
  });

  it('no agent gets it while another one that is not gone holds it', () => {
    inEveryHistory(({ before, lease, event }) => {
      if (before.state.kind !== 'held' || lease.state.kind !== 'held') return;
      if (before.state.agent === lease.state.agent) return;
      assert.ok(before.state.isGone);
      assert.equal(event.kind, 'renew');
    });
  });
});
