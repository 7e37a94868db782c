import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { AgentEvent } from '../../../src/agent/event-log.ts';
import { Attributions, attribute } from '../../../src/agent/peers/attribution.ts';
import { defineHealthCheck, type Verdict } from '../../../src/health/health-check.ts';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';

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

describe('an inquiry', () => {
  const peers = ['nyc', 'sin'].map(pop => ({ pop, managementAddresses: [] }));

  function inquiry(answer: (pop: string) => Promise<Verdict>, clock: Clock = systemClock) {
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
        clock,
        pop: 'fra',
        serviceAddresses: [],
        managementAddresses: [],
        servicePort: 53,
        runDirectory: '/nowhere',
      },
      timeoutMs: 60,
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

  it('takes one that was everywhere for ours only when it has lasted here alone: others may have noticed its end sooner', async () => {
    const clock = fakeClock();
    let isBack = false;
    const { attributions, configured } = inquiry(async () => (isBack ? healthy : unhealthy), clock);
    await using open = attributions;
    open.inquire([configured]);
    await clock.advance(100);
    assert.equal(open.of('upstream'), 'everywhere');
    isBack = true;
    await clock.advance(3000);
    assert.equal(open.of('upstream'), 'everywhere');
    await clock.advance(1100);
    assert.equal(open.of('upstream'), 'here');
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
