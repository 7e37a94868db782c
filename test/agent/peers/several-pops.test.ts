import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { Agent } from '../../../src/agent/agent.ts';
import type { RecordedEvent } from '../../../src/agent/event-log.ts';
import { intentFile } from '../../../src/agent/intent.ts';
import { agentMetrics } from '../../../src/agent/metrics.ts';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { defineHealthCheck, type Verdict } from '../../../src/health/health-check.ts';
import { memoryDriver } from '../../../src/routing/drivers/memory.ts';
import type { RouteDriver, Session } from '../../../src/routing/route-driver.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { Fault } from '../../../src/system/fault.ts';
import { serveMetrics } from '../../../src/telemetry/metrics-server.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const names = ['fra', 'nyc', 'sin'] as const;
type Name = (typeof names)[number];

/** Three PoPs whose management addresses are on this machine's loopback; what each announces stays in memory. */
const config = (port: number, sharedFall: number) =>
  parseConfig(
    `
service: { addresses: [203.0.113.53], asn: 64500 }
resolver: { forward: [{ zone: ., upstreams: [198.18.7.6] }], queryTimeout: 600ms, upstreamTimeout: 200ms }
telemetry: { agentPort: ${port}, resolverPort: ${port === 9153 ? 9155 : 9153} }
damping: off
peers: { interval: 100ms, timeout: 300ms }
checks:
  answers: { kind: told-local, interval: 20ms, fastInterval: 5ms, timeout: 1s, rise: 1, fall: 2 }
  upstream: { kind: told-shared, interval: 20ms, fastInterval: 5ms, timeout: 1s, rise: 1, fall: ${sharedFall} }
drain: { quiet: 50ms, timeout: 200ms }
pops:
${names
  .map(
    (name, index) => `
  ${name}:
    management: [127.0.0.${index + 11}]
    routerId: 127.0.0.${index + 11}
    driver: memory
    neighbours: [{ name: memory, asn: 64501, sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }] }]`,
  )
  .join('')}
`,
    'test.yaml',
    { checks: { 'told-local': z.strictObject({}), 'told-shared': z.strictObject({}) }, drivers: ['memory'] },
  );

/** A port that nobody has at this moment; the same one is then used on several loopback addresses. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.11');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

interface Pops extends AsyncDisposable {
  readonly agents: Readonly<Record<Name, Agent>>;
  /** What each PoP's checks find, local and shared. */
  readonly local: Record<Name, Verdict>;
  readonly shared: Record<Name, Verdict>;
  /** How often each PoP has asked another what its shared check finds. */
  readonly asked: Readonly<Record<Name, number>>;
  /** PoPs none of whose BGP sessions is up. */
  readonly unheard: Set<Name>;
  /** PoPs that nobody can ask: their pages are shut. */
  cut(name: Name): Promise<void>;
  announcing(): Name[];
}

const healthy: Verdict = { kind: 'healthy' };
const sick: Verdict = { kind: 'unhealthy', reason: 'SERVFAIL' };

/** The driver with its sessions in the state that `state` says. */
function withSessions(driver: RouteDriver, state: () => Session['state']): RouteDriver {
  return {
    kind: driver.kind,
    apply: (desired, signal) => driver.apply(desired, signal),
    async observe(signal) {
      const { exported, sessions } = await driver.observe(signal);
      const isHeard = state() === 'established';
      return {
        exported: isHeard ? exported : new Map(),
        sessions: sessions.map(session => ({ ...session, state: state() })),
      };
    },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

/** `sharedFall`: the shared check's threshold. */
async function threePops({ sharedFall = 2 } = {}): Promise<Pops> {
  const port = await freePort();
  await using building = new AsyncDisposableStack();
  const all = config(port, sharedFall);
  const asked = { fra: 0, nyc: 0, sin: 0 };
  const local = Object.fromEntries(names.map(name => [name, healthy])) as Record<Name, Verdict>;
  const shared = { ...local };
  const pages = new Map<Name, AsyncDisposable>();
  const silent = new Set<string>();
  const unheard = new Set<Name>();
  const agents = {} as Record<Name, Agent>;
  for (const name of names) {
    const folder = building.use(await temporaryFolder());
    const slice = popOf(all, name);
    const toldLocal = defineHealthCheck({
      kind: 'told-local',
      faultClass: 'local-soft',
      options: z.strictObject({}),
      probe: async () => local[name],
    });
    const toldShared = defineHealthCheck({
      kind: 'told-shared',
      faultClass: 'shared',
      options: z.strictObject({}),
      probe: async () => shared[name],
      probePeer: async (_options, { pop }) => {
        asked[name] += 1;
        return silent.has(pop) || silent.has(name) ? { kind: 'unknown', reason: 'cut' } : shared[pop as Name];
      },
    });
    const metrics = agentMetrics({
      checks: Object.keys(all.checks),
      prefixes: [],
      neighbours: [],
      peers: [...names],
    });
    const agent = building.use(
      await Agent.start({
        slice,
        checks: Object.entries(all.checks).map(([check, each]) => ({
          name: check,
          config: each,
          check: each.kind === 'told-local' ? toldLocal : toldShared,
        })),
        driver: withSessions(memoryDriver.create(folder.path), () =>
          unheard.has(name) ? 'down' : 'established',
        ),
        addresses: { put: async () => [], remove: async () => undefined },
        intents: intentFile(`${folder.path}/intent.json`),
        metrics,
        runDirectory: folder.path,
        clock: systemClock,
        log: { info: () => undefined, warn: () => undefined },
        random: () => 0,
      }),
    );
    agents[name] = agent;
    const { registry } = metrics;
    const page = { addresses: slice.pop.management, port, registry, status: () => agent.status() };
    pages.set(name, building.use(await serveMetrics(page)));
  }
  const stack = building.move();
  const pops: Pops = {
    agents,
    local,
    shared,
    asked,
    unheard,
    async cut(name) {
      silent.add(name);
      await pages.get(name)?.[Symbol.asyncDispose]();
    },
    announcing: () => names.filter(name => agents[name].status().decision.announced.length > 0),
    [Symbol.asyncDispose]: async () => await stack[Symbol.asyncDispose](),
  };
  await eventually(() =>
    assert.deepEqual(
      names.map(name => agents[name].status().standing),
      ['in', 'in', 'in'],
    ),
  );
  return pops;
}

describe('several PoPs', () => {
  it('leave one that announces when all of them fall softly sick at the same moment', async () => {
    await using pops = await threePops();
    for (const name of names) pops.local[name] = sick;
    await eventually(() => {
      const reasons = pops.announcing().map(name => pops.agents[name].status().decision.kind);
      assert.deepEqual(reasons, ['at-floor']);
    });
    assert.equal(pops.announcing().length, 1);
    pops.local.fra = healthy;
    pops.local.nyc = healthy;
    pops.local.sin = healthy;
    await eventually(() => assert.equal(pops.announcing().length, 3));
  });

  it('all keep announcing when one is softly sick and cannot reach the others', async () => {
    await using pops = await threePops();
    await pops.cut('nyc');
    await pops.cut('sin');
    pops.local.fra = sick;
    await eventually(() => assert.equal(pops.agents.fra.status().decision.kind, 'at-floor'));
    assert.deepEqual(pops.announcing(), [...names]);
  });

  it('withdraw the one whose upstream is lost, and none when it is lost everywhere', async () => {
    await using pops = await threePops();
    pops.shared.fra = sick;
    await eventually(() => assert.deepEqual(pops.announcing(), ['nyc', 'sin']));
    assert.match(pops.agents.fra.status().decision.reason, /upstream: SERVFAIL \(here alone\)/);
    for (const name of names) pops.shared[name] = sick;
    await eventually(() => assert.deepEqual(pops.announcing(), [...names]), { within: 10_000 });
  });

  it('all keep announcing when a fault of all is over elsewhere before the last has noticed it', async () => {
    await using pops = await threePops({ sharedFall: 20 });
    for (const name of names) pops.shared[name] = sick;
    await eventually(() => assert.ok(pops.asked.fra >= 4));
    pops.shared.nyc = healthy;
    pops.shared.sin = healthy;
    const upstream = () => pops.agents.fra.status().checks.find(({ name }) => name === 'upstream');
    await eventually(() => assert.equal(upstream()?.state, 'down'));
    const before = pops.asked.fra;
    await eventually(() => assert.ok(pops.asked.fra > before + 20));
    assert.equal(upstream()?.state, 'down');
    assert.deepEqual(pops.announcing(), [...names]);
  });

  it('withdraw one that no neighbour hears when its upstream is lost too, and leave it time to notice the return', async () => {
    await using pops = await threePops();
    await pops.cut('fra');
    pops.unheard.add('fra');
    pops.shared.fra = sick;
    const { fra } = pops.agents;
    await eventually(() => assert.match(fra.status().decision.reason, /no neighbour hears this PoP/));
    assert.deepEqual(pops.announcing(), ['nyc', 'sin']);
    pops.unheard.delete('fra');
    const eventOf = (isIt: (event: RecordedEvent) => boolean): RecordedEvent | undefined =>
      fra.events().events().find(isIt);
    const heard = (): RecordedEvent | undefined =>
      eventOf(event => event.kind === 'isolation' && event.outcome === 'heard');
    const back = (): RecordedEvent | undefined =>
      eventOf(event => event.kind === 'decision' && event.monotonicMs > (heard()?.monotonicMs ?? Infinity));
    await eventually(() => assert.ok(back()));
    // Nobody could be asked: then the fault is as unknown as any, and keeps no route away.
    assert.match(fra.status().decision.reason, /where, nobody knows/);
    assert.ok((back()?.monotonicMs ?? 0) - (heard()?.monotonicMs ?? 0) >= 790);
    assert.deepEqual(pops.announcing(), [...names]);
  });

  it('return from behind their links as soon as their upstreams answer', async () => {
    await using pops = await threePops();
    pops.unheard.add('fra');
    pops.shared.fra = { kind: 'unknown', reason: 'cut' };
    await pops.cut('fra');
    pops.shared.fra = sick;
    await eventually(() => assert.deepEqual(pops.announcing(), ['nyc', 'sin']));
    pops.shared.fra = healthy;
    await eventually(() => assert.deepEqual(pops.announcing(), [...names]));
  });

  it('refuse to drain the last one that announces, unless forced', async () => {
    await using pops = await threePops();
    await pops.agents.fra.operations().drain();
    await pops.agents.nyc.operations().drain();
    await assert.rejects(
      pops.agents.sin.operations().drain(),
      (error: unknown) => error instanceof Fault && error.code === 'refused',
    );
    assert.deepEqual(pops.announcing(), ['sin']);
    await pops.agents.sin.operations().drain({ force: true });
    assert.deepEqual(pops.announcing(), []);
    await pops.agents.fra.operations().undrain();
    assert.deepEqual(pops.announcing(), ['fra']);
  });

  it('show how each sees the others', async () => {
    await using pops = await threePops();
    await pops.cut('sin');
    await eventually(() => {
      const views = pops.agents.fra.status().peers;
      assert.equal(views.find(({ pop }) => pop === 'nyc')?.standing, 'in');
      assert.equal(views.find(({ pop }) => pop === 'sin')?.standing, undefined);
    });
  });
});
