import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { Agent } from '../../src/agent/agent.ts';
import { intentFile } from '../../src/agent/intent.ts';
import { agentMetrics } from '../../src/agent/metrics.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { defineHealthCheck, type Verdict } from '../../src/health/health-check.ts';
import { attributesText } from '../../src/routing/announcement.ts';
import { memoryDriver } from '../../src/routing/drivers/memory.ts';
import { systemClock } from '../../src/system/clock.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Leaver extends AsyncDisposable {
  readonly agent: Agent;
  answer: Verdict;
  /** What was applied, in order: the attributes of the routes, `plain` for none, `nothing` for no routes. */
  readonly applied: string[];
  isAddressThere: boolean;
}

/** One PoP alone, so no floor; `more` is further configuration. */
async function leaver(more: string): Promise<Leaver> {
  await using building = new AsyncDisposableStack();
  const folder = building.use(await temporaryFolder());
  const config = parseConfig(
    `
service: { addresses: [203.0.113.53], asn: 64500, announce: { communities: [no-export] } }
resolver: { forward: [{ zone: ., upstreams: [198.18.7.6] }] }
checks: { answers: { kind: told, interval: 20ms, fastInterval: 5ms, timeout: 1s, rise: 1, fall: 2 } }
pops:
  fra:
    management: [198.18.1.6]
    routerId: 198.18.1.6
    driver: memory
    neighbours: [{ name: memory, asn: 64501, sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }] }]
${more}
`,
    'test.yaml',
    { checks: { told: z.strictObject({}) }, drivers: ['memory'] },
  );
  const memory = memoryDriver.create(folder.path);
  const world: Omit<Leaver, 'agent' | typeof Symbol.asyncDispose> = {
    answer: { kind: 'healthy' },
    applied: [],
    isAddressThere: false,
  };
  const told = defineHealthCheck({
    kind: 'told',
    faultClass: 'local-soft',
    options: z.strictObject({}),
    probe: async () => world.answer,
  });
  const started = await Agent.start({
    slice: popOf(config, 'fra'),
    checks: Object.entries(config.checks).map(([name, each]) => ({ name, config: each, check: told })),
    driver: {
      ...memory,
      async apply(desired, signal) {
        await memory.apply(desired, signal);
        world.applied.push(desired.map(attributesText).join('; ') || 'nothing');
      },
    },
    addresses: {
      async put() {
        world.isAddressThere = true;
        return [];
      },
      async remove() {
        world.isAddressThere = false;
      },
    },
    intents: intentFile(`${folder.path}/intent.json`),
    metrics: agentMetrics({ checks: ['answers'], prefixes: [], neighbours: ['memory'], peers: [] }),
    runDirectory: folder.path,
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined },
    random: () => 0,
  });
  const agent = building.use(started);
  await eventually(() => assert.equal(world.applied.at(-1), 'community 65535:65281'));
  world.applied.length = 0;
  const stack = building.move();
  return Object.assign(world, {
    agent,
    [Symbol.asyncDispose]: async () => await stack[Symbol.asyncDispose](),
  });
}

const never = new AbortController().signal;

describe('a PoP that leaves', () => {
  it('asks others to take over first when a drain is graceful, and keeps what its routes say anyway', async () => {
    await using pop = await leaver(
      'drain: { gracefulShutdown: { wait: 50ms, prepend: 2 }, quiet: 10ms, timeout: 100ms }',
    );
    await pop.agent.operations().drain();
    assert.deepEqual(pop.applied, ['prepend 2, community 65535:65281, community 65535:0', 'nothing']);
    assert.equal(pop.isAddressThere, false);
    await pop.agent.operations().undrain();
    assert.equal(pop.applied.at(-1), 'community 65535:65281');
  });

  it('counts as gone while others take over, and can be called back', async () => {
    await using pop = await leaver('drain: { gracefulShutdown: { wait: 10s }, quiet: 10ms, timeout: 100ms }');
    const drained = pop.agent.operations().drain();
    drained.catch(() => undefined);
    await eventually(() => assert.match(pop.applied.at(-1) ?? '', /65535:0/));
    assert.equal(pop.agent.status().standing, 'out');
    await pop.agent.operations().undrain();
    await assert.rejects(drained, /ended by anycast undrain/);
  });

  it('on SIGTERM withdraws and leaves the address, unless told otherwise', async () => {
    await using pop = await leaver('');
    assert.equal(await pop.agent.end(never), true);
    assert.equal(pop.applied.at(-1), 'nothing');
    assert.equal(pop.isAddressThere, true);
  });

  it('on SIGTERM drains where `onStop` says so, and is not drained when it starts again', async () => {
    await using pop = await leaver('drain: { onStop: drain, quiet: 10ms, timeout: 100ms }');
    assert.equal(await pop.agent.end(never), true);
    assert.equal(pop.applied.at(-1), 'nothing');
    assert.equal(pop.isAddressThere, false);
    assert.equal(pop.agent.status().intent.kind, 'serve');
  });

  it('on SIGTERM leaves its routes where `onStop` says keep: the lease decides', async () => {
    await using pop = await leaver('drain: { onStop: keep }');
    assert.equal(await pop.agent.end(never), true);
    assert.deepEqual(pop.applied, []);
  });
});

describe('a fault that degrades', () => {
  it('gives the routes other attributes, holds them for a moment when it is over, and gives them back', async () => {
    await using pop = await leaver(
      'faults: { local-soft: { degrade: { prepend: 3, med: 200 } } }\ndamping: { hold: 100ms }',
    );
    pop.answer = { kind: 'unhealthy', reason: 'slow' };
    const worse = 'prepend 3, MED 200, community 65535:65281';
    await eventually(() => assert.equal(pop.applied.at(-1), worse));
    assert.equal(pop.agent.status().decision.kind, 'degraded');
    pop.answer = { kind: 'healthy' };
    await eventually(() => assert.equal(pop.agent.status().decision.kind, 'held'));
    assert.equal(pop.applied.at(-1), worse);
    await eventually(() => assert.equal(pop.applied.at(-1), 'community 65535:65281'));
    assert.equal(pop.applied.includes('nothing'), false);
  });
});
