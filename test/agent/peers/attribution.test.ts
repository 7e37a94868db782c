import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { AgentEvent } from '../../../src/agent/event-log.ts';
import {
  Attributions,
  attribute,
  type Findings,
  nothingFound,
  weigh,
} from '../../../src/agent/peers/attribution.ts';
import { defineHealthCheck, type Verdict } from '../../../src/health/health-check.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';

const healthy: Verdict = { kind: 'healthy' };
const unhealthy: Verdict = { kind: 'unhealthy', reason: 'SERVFAIL' };
const unknown: Verdict = { kind: 'unknown', reason: 'no answer in time' };

describe('where a fault is', () => {
  it('is here when any other PoP is free of it, everywhere when those that could be asked have it too', () => {
    assert.equal(attribute(unhealthy, [unhealthy, healthy, unknown]), 'here');
    assert.equal(attribute(unhealthy, [unhealthy, unknown]), 'everywhere');
    assert.equal(attribute(unhealthy, [unknown, unknown]), 'unknown');
    assert.equal(attribute(unhealthy, []), 'unknown');
  });

  it('is not said while this PoP is free of it: what comes back is not ours alone', () => {
    for (const own of [healthy, unknown]) assert.equal(attribute(own, [healthy]), 'unknown');
  });

  it('is never said to be here because somebody could not be asked', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(healthy, unhealthy, unknown)), verdicts => {
        const before = attribute(unhealthy, verdicts);
        const after = attribute(unhealthy, [...verdicts, unknown]);
        assert.equal(after, before);
      }),
    );
  });
});

describe('what rounds amount to', () => {
  const returnMs = 4000;
  const none: readonly Verdict[] = [unhealthy, unhealthy];
  const one: readonly Verdict[] = [healthy, unhealthy];
  const silent: readonly Verdict[] = [unknown, unknown];

  /** Rounds every 100 ms in which this PoP is down. */
  function after(rounds: readonly (readonly Verdict[])[]): Findings {
    return rounds.reduce<Findings>(
      (found, others, index) => weigh(found, { own: unhealthy, others, atMs: 100 * index }, returnMs),
      nothingFound,
    );
  }
  const times = (count: number, others: readonly Verdict[]) => Array.from({ length: count }, () => others);

  it('is a fault of ours after two rounds, when others were free of it all along', () => {
    assert.equal(after([one]).attribution, undefined);
    assert.equal(after([one, one]).attribution, 'here');
  });

  it('stays a fault of all while others come out of it before us, until they are too far ahead', () => {
    for (const shared of [[none, none], [none], [none, none, one, none]]) {
      const [length, first] = [shared.length, shared.length === 2 ? 'everywhere' : undefined];
      for (const rounds of [1, 2, 10, returnMs / 100])
        assert.notEqual(after([...shared, ...times(rounds, one)]).attribution, 'here');
      if (first) assert.equal(after([...shared, one, one]).attribution, first);
      const late = after([...shared, ...times(returnMs / 100 + 1, one)]);
      assert.equal(late.attribution, 'here', `after ${length} rounds of a shared fault`);
    }
  });

  it('may have been a fault of all while the others were silent', () => {
    assert.equal(after([silent, one, one]).attribution, 'unknown');
    assert.equal(after([silent, ...times(returnMs / 100 + 1, one)]).attribution, 'here');
  });

  it('stays a fault of ours when the others fall silent and answer again', () => {
    assert.equal(after([one, one, silent, one]).attribution, 'here');
    assert.equal(after([one, one, silent]).attribution, 'here');
  });
});

describe('an inquiry', () => {
  const peers = ['nyc', 'sin'].map(pop => ({ pop, managementAddresses: [] }));

  function inquiry(answer: (pop: string) => Promise<Verdict>, returnMs = 60) {
    const events: AgentEvent[] = [];
    const check = defineHealthCheck({
      kind: 'upstream',
      faultClass: 'shared',
      options: z.strictObject({}),
      probe: async () => unhealthy,
      probePeer: async (_options, { pop }) => await answer(pop),
    });
    const configured = {
      name: 'upstream',
      check,
      config: { kind: 'upstream', interval: 20, fastInterval: 5, timeout: 50, rise: 1, fall: 1 },
    };
    const attributions = new Attributions({
      peers,
      context: {
        clock: systemClock,
        pop: 'fra',
        serviceAddresses: [],
        managementAddresses: [],
        servicePort: 53,
        runDirectory: '/nowhere',
      },
      timeoutMs: 60,
      returnMs,
      record: event => events.push(event),
      onChange: () => undefined,
    });
    return { attributions, configured, events };
  }

  it('needs two rounds that agree', async () => {
    let rounds = 0;
    const { attributions, configured } = inquiry(async pop => {
      if (pop === 'nyc') rounds += 1;
      return rounds % 2 === 1 ? healthy : unhealthy;
    });
    await using open = attributions;
    open.inquire([configured]);
    await eventually(() => assert.ok(rounds > 6));
    assert.equal(open.of('upstream'), undefined);
  });

  it('finds the fault here when another PoP answers, though a third one is silent', async () => {
    const { attributions, configured, events } = inquiry(
      async pop => await (pop === 'nyc' ? healthy : new Promise<Verdict>(() => undefined)),
    );
    await using open = attributions;
    open.inquire([configured]);
    await eventually(() => assert.equal(open.of('upstream'), 'here'));
    assert.match(JSON.stringify(events), /sin: no answer in time/);
  });

  it('leaves what was found as it is when the network between PoPs is cut afterwards', async () => {
    let cut = false;
    let asked = 0;
    const { attributions, configured } = inquiry(async () => {
      asked += 1;
      return cut ? unknown : healthy;
    });
    await using open = attributions;
    open.inquire([configured]);
    await eventually(() => assert.equal(open.of('upstream'), 'here'));
    cut = true;
    const before = asked;
    await eventually(() => assert.ok(asked > before + 2), { within: 5000 });
    assert.equal(open.of('upstream'), 'here');
  });

  it('withdraws nobody when a fault of all ends elsewhere first', async () => {
    let back = false;
    let asked = 0;
    const { attributions, configured, events } = inquiry(async () => {
      asked += 1;
      return back ? healthy : unhealthy;
    }, 60_000);
    await using open = attributions;
    open.inquire([configured]);
    await eventually(() => assert.equal(open.of('upstream'), 'everywhere'));
    back = true;
    const before = asked;
    await eventually(() => assert.ok(asked > before + 12), { within: 5000 });
    assert.equal(open.of('upstream'), 'everywhere');
    assert.equal(events.length, 1);
  });

  it('knows of a fault of all that was over elsewhere before the check was down here', async () => {
    let back = false;
    let asked = 0;
    const { attributions, configured, events } = inquiry(async () => {
      asked += 1;
      return back ? healthy : unhealthy;
    }, 60_000);
    await using open = attributions;
    open.inquire([], [configured]);
    await eventually(() => assert.ok(asked > 4));
    back = true;
    open.inquire([configured]);
    const before = asked;
    await eventually(() => assert.ok(asked > before + 12), { within: 5000 });
    assert.notEqual(open.of('upstream'), 'here');
    assert.deepEqual(events, []);
  });

  it('finds nothing while the check only fails, and two rounds later when it is down', async () => {
    let asked = 0;
    const { attributions, configured, events } = inquiry(async () => {
      asked += 1;
      return healthy;
    });
    await using open = attributions;
    open.inquire([], [configured]);
    await eventually(() => assert.ok(asked > 8));
    assert.deepEqual([open.of('upstream'), events], [undefined, []]);
    open.inquire([configured]);
    assert.equal(open.of('upstream'), undefined);
    await eventually(() => assert.equal(open.of('upstream'), 'here'));
  });

  it('forgets the fault when the check is no longer down', async () => {
    const { attributions, configured } = inquiry(async () => healthy);
    await using open = attributions;
    open.inquire([configured]);
    await eventually(() => assert.equal(open.of('upstream'), 'here'));
    open.inquire([]);
    assert.equal(open.of('upstream'), undefined);
  });
});
