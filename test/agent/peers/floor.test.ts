import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AgentEvent } from '../../../src/agent/event-log.ts';
import { Floor, judge } from '../../../src/agent/peers/floor.ts';
import type { PeerReports, Standing } from '../../../src/agent/peers/peer-report.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';

const standings = (...all: (Standing | undefined)[]) =>
  new Map(all.map((standing, index) => [`pop${index}`, standing]));

describe('one look at the others', () => {
  it('grants when enough others announce and stay', () => {
    assert.equal(judge({ minimum: 1, first: new Set(), standings: standings('in', undefined) }), 'granted');
  });

  it('refuses when too few do; one that cannot be reached counts as gone', () => {
    assert.equal(judge({ minimum: 1, first: new Set(), standings: standings('out', undefined) }), 'refused');
    assert.equal(judge({ minimum: 2, first: new Set(), standings: standings('in', 'out') }), 'refused');
  });

  it('gives way to one that asks and stands first, and waits for one that stands behind', () => {
    assert.equal(
      judge({ minimum: 1, first: new Set(['pop0']), standings: standings('asking', 'out') }),
      'refused',
    );
    assert.equal(judge({ minimum: 1, first: new Set(), standings: standings('asking', 'out') }), 'wait');
  });
});

/**
 * PoPs that announce, raise their flag, look at the others one at a time, and leave or stay, in any order that a network
 * could make of it. What `Floor` does is what `step` does, one read at a time.
 */
describe('however the questions of several PoPs interleave', () => {
  interface Pop {
    standing: Standing;
    read: Map<number, Standing | undefined>;
    /** Turns until one that was refused asks again, as `Floor` pauses. */
    rest: number;
  }

  /** Turns; longer than one that waits takes to look at everybody. */
  const pause = 12;

  const minimumOf = (pops: readonly Pop[]): number =>
    pops.filter(({ standing }) => standing !== 'out').length;

  function step(pops: readonly Pop[], actor: number, cut: ReadonlySet<string>, minimum: number): void {
    const pop = pops[actor];
    if (!pop || pop.standing === 'out') return;
    if (pop.rest > 0) {
      pop.rest -= 1;
      return;
    }
    if (pop.standing === 'in') {
      pop.standing = 'asking';
      pop.read = new Map();
      return;
    }
    const next = pops.findIndex((_, index) => index !== actor && !pop.read.has(index));
    if (next >= 0) {
      pop.read.set(next, cut.has(`${actor}-${next}`) ? undefined : pops[next]?.standing);
      return;
    }
    const names = new Map([...pop.read].map(([index, standing]) => [`pop${index}`, standing]));
    const first = new Set(pops.slice(0, actor).map((_, index) => `pop${index}`));
    const judgement = judge({ minimum, first, standings: names });
    if (judgement === 'granted') pop.standing = 'out';
    else if (judgement === 'refused') Object.assign(pop, { standing: 'in', rest: pause });
    else pop.read = new Map();
  }

  it('the floor is never crossed, the network between PoPs cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.nat({ max: 4 }), { maxLength: 120 }),
        fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })), { maxLength: 6 }),
        (count, minimum, turns, cuts) => {
          const pops: Pop[] = Array.from({ length: count }, () => ({
            standing: 'in',
            read: new Map(),
            rest: 0,
          }));
          const cut = new Set(cuts.flatMap(([a, b]) => [`${a}-${b}`, `${b}-${a}`]));
          for (const turn of turns) {
            step(pops, turn % count, cut, minimum);
            assert.ok(minimumOf(pops) >= Math.min(minimum, count), JSON.stringify(pops));
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('all but the floor leave in the end when nothing is cut', () => {
    for (const minimum of [1, 2]) {
      const pops: Pop[] = Array.from({ length: 4 }, () => ({ standing: 'in', read: new Map(), rest: 0 }));
      for (let turn = 0; turn < 400; turn += 1) step(pops, turn % 4, new Set(), minimum);
      assert.equal(pops.filter(({ standing }) => standing === 'out').length, 4 - minimum);
    }
  });
});

describe('the floor', () => {
  const peers = ['nyc', 'sin'].map(pop => ({ pop, managementAddresses: [] }));

  function floorAmong(says: Record<string, Standing | undefined>, minimum = 1) {
    const events: AgentEvent[] = [];
    const asked: string[] = [];
    let floor: Floor | undefined;
    const seenWhileAsked: Standing[] = [];
    const reports: PeerReports = {
      async ask({ pop }) {
        asked.push(pop);
        if (floor) seenWhileAsked.push(floor.standing(true));
        const standing = says[pop];
        return standing && { pop, standing, peers: [] };
      },
      [Symbol.dispose]: () => undefined,
    };
    floor = new Floor({
      minimum,
      peers,
      first: new Set(),
      reports,
      clock: systemClock,
      timeoutMs: 200,
      record: event => events.push(event),
      onChange: () => undefined,
    });
    return { floor, events, asked, seenWhileAsked };
  }

  it('shows the flag before it looks, and counts as gone from the moment that leave is given', async () => {
    const { floor, seenWhileAsked } = floorAmong({ nyc: 'in' });
    await using open = floor;
    assert.equal(open.standing(true), 'in');
    open.want(true);
    await eventually(() => assert.equal(open.answer(), 'granted'));
    assert.ok(seenWhileAsked.length > 0);
    assert.ok(seenWhileAsked.every(standing => standing === 'asking'));
    assert.equal(open.standing(true), 'out');
  });

  it('goes on asking after a refusal, until others are back', async () => {
    const says: Record<string, Standing | undefined> = { nyc: 'out' };
    const { floor } = floorAmong(says);
    await using open = floor;
    open.want(true);
    await eventually(() => assert.equal(open.answer(), 'refused'));
    assert.equal(open.standing(true), 'in');
    says.nyc = 'in';
    await eventually(() => assert.equal(open.answer(), 'granted'));
  });

  it('may be counted on again when nobody wants to leave any more', async () => {
    const { floor } = floorAmong({ nyc: 'in' });
    await using open = floor;
    open.want(true);
    await eventually(() => assert.equal(open.standing(true), 'out'));
    open.want(false);
    assert.equal(open.standing(true), 'in');
    assert.equal(open.standing(false), 'out');
  });

  it('gives a drain leave once, and keeps this PoP out of account until it is given back', async () => {
    const { floor } = floorAmong({ nyc: 'in' });
    await using open = floor;
    assert.equal(await open.request(AbortSignal.timeout(1000)), true);
    assert.equal(open.standing(true), 'out');
    open.giveBack();
    assert.equal(open.standing(true), 'in');
  });

  it('asks nobody where no other PoP has to stay', async () => {
    const { floor, asked } = floorAmong({}, 0);
    await using open = floor;
    open.want(true);
    assert.equal(open.answer(), 'granted');
    assert.equal(await open.request(AbortSignal.timeout(1000)), true);
    assert.deepEqual(asked, []);
  });
});
