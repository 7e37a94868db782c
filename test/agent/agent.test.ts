import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { Agent } from '../../src/agent/agent.ts';
import type { AgentEvent, RecordedEvent } from '../../src/agent/event-log.ts';
import { intentFile } from '../../src/agent/intent.ts';
import { agentMetrics } from '../../src/agent/metrics.ts';
import { isAnnouncing } from '../../src/agent/report-text.ts';
import type { ServiceAddresses } from '../../src/agent/service-address.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { livenessCheck } from '../../src/health/checks/liveness.ts';
import { defineHealthCheck, type Verdict } from '../../src/health/health-check.ts';
import { systemClock } from '../../src/system/clock.ts';
import { Fault } from '../../src/system/fault.ts';
import { beatingResolver } from '../support/beating-resolver.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TroubledRoutes, troubledRoutes } from '../support/troubled-routes.ts';

const yaml = `
service: { addresses: [203.0.113.53, "2001:db8:53::53"], fallback: [203.0.113.0/24], asn: 64500 }
resolver: { forward: [{ zone: ., upstreams: [198.18.7.6] }] }
checks:
  liveness: { kind: liveness }
  answers: { kind: told, interval: 40ms, fastInterval: 10ms, timeout: 1s }
drain: { quiet: 150ms, timeout: 5s }
pops:
  fra:
    management: [198.18.1.6]
    routerId: 198.18.1.6
    driver: memory
    neighbours: [{ name: memory, asn: 64501, sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }] }]
`;

const slice = popOf(
  parseConfig(yaml, 'test.yaml', {
    checks: { liveness: livenessCheck.options, told: z.strictObject({}) },
    drivers: ['memory'],
  }),
  'fra',
);
const vips = ['203.0.113.53/32', '2001:db8:53::53/128'];

interface Addresses extends ServiceAddresses {
  present: boolean;
  refuse: boolean;
}

/** `lo` of a machine that is not there; what is done to it is told to `record`. */
function addressesOn(record: (what: string) => void): Addresses {
  const addresses: Addresses = {
    present: false,
    refuse: false,
    async put() {
      if (addresses.refuse) throw new Fault('environment', 'no permission');
      const missing = addresses.present ? [] : slice.config.service.addresses;
      addresses.present = true;
      if (missing.length > 0) record('address put');
      return missing;
    },
    async remove() {
      addresses.present = false;
      record('address removed');
    },
  };
  return addresses;
}

interface World extends AsyncDisposable {
  readonly folder: string;
  readonly routes: TroubledRoutes;
  readonly addresses: Addresses;
  /** What the probe of the service address finds. */
  answer: Verdict;
  probes: number;
  /** Applied prefixes and address operations, in order. */
  readonly deeds: string[];
  start(): Promise<Agent>;
}

async function world(): Promise<World> {
  const folder = await temporaryFolder();
  const routes = troubledRoutes();
  const deeds: string[] = [];
  const plainApply = routes.apply;
  routes.apply = async (desired, signal) => {
    await plainApply(desired, signal);
    deeds.push(desired.length > 0 ? 'announced' : 'withdrawn');
  };
  const agents: Agent[] = [];
  const w: World = {
    folder: folder.path,
    routes,
    addresses: addressesOn(what => deeds.push(what)),
    answer: { kind: 'healthy' },
    probes: 0,
    deeds,
    async start() {
      const told = defineHealthCheck({
        kind: 'told',
        faultClass: 'local-soft',
        options: z.strictObject({}),
        async probe() {
          w.probes += 1;
          return w.answer;
        },
      });
      const agent = await Agent.start({
        slice,
        checks: Object.entries(slice.config.checks).map(([name, config]) => ({
          name,
          config,
          check: name === 'liveness' ? livenessCheck : told,
        })),
        // The router outlives the agent.
        driver: {
          ...routes,
          observe: routes.observe,
          apply: routes.apply,
          [Symbol.asyncDispose]: async () => undefined,
        },
        addresses: w.addresses,
        intents: intentFile(`${folder.path}/intent.json`),
        metrics: agentMetrics({
          checks: ['liveness', 'answers'],
          prefixes: vips,
          neighbours: ['memory'],
          peers: [],
        }),
        runDirectory: folder.path,
        clock: systemClock,
        log: { info: () => undefined, warn: () => undefined },
        random: () => 0,
      });
      agents.push(agent);
      return agent;
    },
    async [Symbol.asyncDispose]() {
      for (const agent of agents) await agent[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  return w;
}

const announces = (agent: Agent) => () => {
  const status = agent.status();
  assert.equal(isAnnouncing(status) && status.observation.asDecided, true, status.decision.reason);
};
const withdrawn = (agent: Agent, reason: RegExp) => () => {
  const { decision, observation } = agent.status();
  assert.match(decision.reason, reason);
  assert.deepEqual([observation.known, observation.exported, observation.asDecided], [true, [], true]);
};
const eventsOf = <Kind extends AgentEvent['kind']>(agent: Agent, kind: Kind) =>
  agent
    .explain()
    .events.filter(
      (event): event is RecordedEvent & Extract<AgentEvent, { kind: Kind }> => event.kind === kind,
    );

describe('the agent', () => {
  it('puts the address on lo, probes it, and only then announces', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    w.answer = { kind: 'unknown', reason: 'not yet' };
    const agent = await w.start();
    await eventually(() => assert.ok(w.probes > 3));
    assert.deepEqual(w.deeds, ['address put', 'withdrawn']);
    assert.equal(agent.status().decision.kind, 'starting');
    w.answer = { kind: 'healthy' };
    await eventually(announces(agent));
    assert.deepEqual(w.deeds, ['address put', 'withdrawn', 'announced']);
  });

  it('withdraws when the resolver is gone, and leaves the address for its return', async () => {
    await using w = await world();
    const resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    await resolver[Symbol.asyncDispose]();
    await eventually(withdrawn(agent, /^withdrawn: liveness: resolver process gone/));
    assert.equal(w.addresses.present, true);
    await using _successor = await beatingResolver(w.folder);
    await eventually(announces(agent));
  });

  it('withdraws when probes fail, and tells the way from verdict to observation in order', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    w.answer = { kind: 'unhealthy', reason: 'udp 203.0.113.53: SERVFAIL' };
    await eventually(withdrawn(agent, /^withdrawn: answers: udp 203\.0\.113\.53: SERVFAIL/));
    const kinds = agent.explain().events.map(({ kind }) => kind);
    const last = kinds.slice(kinds.lastIndexOf('check-state'));
    assert.deepEqual(last, ['check-state', 'service-state', 'damping', 'decision', 'applied', 'observed']);
    const times = agent.explain().events.map(({ monotonicMs }) => monotonicMs);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
  });

  it('stays announced while it cannot ask, and says so', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    w.answer = { kind: 'unknown', reason: 'EMFILE' };
    await eventually(() => assert.equal(eventsOf(agent, 'check-unknown').length, 1));
    const probes = w.probes;
    await eventually(() => assert.ok(w.probes > probes + 5));
    announces(agent)();
    assert.equal(eventsOf(agent, 'check-unknown').length, 1);
  });

  it('keeps the good routes and alarms when the router refuses, and gets there in the end', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    w.routes.refusals = 2;
    w.answer = { kind: 'unhealthy', reason: 'SERVFAIL' };
    await eventually(withdrawn(agent, /SERVFAIL/));
    assert.deepEqual(
      eventsOf(agent, 'apply-failed').map(({ attempt }) => attempt),
      [1, 2],
    );
  });

  it('is not moved by its own restart: a PoP that was announced beside a healthy resolver stays so', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const first = await w.start();
    await eventually(announces(first));
    await first[Symbol.asyncDispose]();
    const second = await w.start();
    await eventually(() => assert.equal(second.status().decision.kind, 'all-checks-up'));
    await eventually(announces(second));
    assert.deepEqual(w.deeds.filter(deed => deed === 'withdrawn').length, 1);
  });

  it('withdraws a PoP announced before when its resolver is not there any more', async () => {
    await using w = await world();
    const resolver = await beatingResolver(w.folder);
    const first = await w.start();
    await eventually(announces(first));
    await first[Symbol.asyncDispose]();
    await resolver[Symbol.asyncDispose]();
    const second = await w.start();
    await eventually(withdrawn(second, /liveness: resolver not running/));
  });

  it('withdraws when it ends, sees that, and leaves the address', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    assert.equal(await agent.end(new AbortController().signal), true);
    withdrawn(agent, /the agent is ending/)();
    assert.equal(w.addresses.present, true);
  });

  it('does not wait for the withdrawal when told to skip it', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    w.routes.away = true;
    assert.equal(await agent.end(AbortSignal.abort()), false);
  });

  it('puts an address back that someone took away, and withdraws while it cannot', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    w.addresses.present = false;
    await eventually(() => assert.equal(w.addresses.present, true));
    assert.equal(w.deeds.includes('withdrawn') && w.deeds.lastIndexOf('withdrawn') > 1, false);
    w.addresses.refuse = true;
    await eventually(withdrawn(agent, /service address missing: no permission/));
    w.addresses.refuse = false;
    await eventually(announces(agent));
  });

  it('starts nothing when the address cannot be put on lo', async () => {
    await using w = await world();
    w.addresses.refuse = true;
    await assert.rejects(w.start(), /no permission/);
    assert.equal(w.routes.attempts, 0);
  });
});

describe('a drain', () => {
  it('withdraws, waits for quiet, and removes the address last', async () => {
    await using w = await world();
    await using resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    const coming = setInterval(() => {
      resolver.clientQueries += 1;
    }, 20);
    const draining = agent.operations().drain();
    await eventually(withdrawn(agent, /drained by operator/));
    const late = resolver.clientQueries;
    await eventually(() => assert.ok(resolver.clientQueries > late + 10));
    assert.equal(w.addresses.present, true);
    clearInterval(coming);
    const report = await draining;
    assert.deepEqual(w.deeds.slice(-2), ['withdrawn', 'address removed']);
    assert.equal(report.quiet, 'quiet');
    assert.ok(report.withdrawnMs <= report.quietMs && report.quietMs <= report.addressRemovedMs);
    assert.deepEqual(
      eventsOf(agent, 'drain').map(({ phase }) => phase),
      ['requested', 'withdrawn', 'quiet', 'address-removed'],
    );
    assert.equal(agent.status().drain, 'address-removed');
  });

  it('does not remove the address before the withdrawal was seen, however long that takes', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    w.routes.refusals = 3;
    const draining = agent.operations().drain();
    await eventually(() => assert.equal(eventsOf(agent, 'apply-failed').length, 3));
    assert.equal(w.addresses.present, true);
    await draining;
    assert.deepEqual(w.deeds.slice(-2), ['withdrawn', 'address removed']);
  });

  it('is shared by all who ask for it', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    const [one, two] = await Promise.all([agent.operations().drain(), agent.operations().drain()]);
    assert.equal(one, two);
    assert.equal(await agent.operations().drain(), one);
  });

  it('outlives a restart of the agent, without probing the address meanwhile', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const first = await w.start();
    await eventually(announces(first));
    await first.operations().drain();
    await first[Symbol.asyncDispose]();
    const probes = w.probes;
    const second = await w.start();
    await eventually(() => assert.equal(second.status().drain, 'address-removed'));
    withdrawn(second, /drained by operator since/)();
    assert.equal(w.addresses.present, false);
    assert.equal(w.probes, probes);
    assert.equal(w.deeds.filter(deed => deed === 'address put').length, 1);
  });

  it('is undone in order: address, probe, announcement', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    await agent.operations().drain();
    const before = w.deeds.length;
    const report = await agent.operations().undrain();
    assert.equal(report.announced, true);
    assert.deepEqual(w.deeds.slice(before), ['address put', 'announced']);
    announces(agent)();
    assert.equal(agent.status().drain, undefined);
  });

  it('is ended by an undrain that comes in between', async () => {
    await using w = await world();
    await using resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    const coming = setInterval(() => {
      resolver.clientQueries += 1;
    }, 20);
    const draining = agent.operations().drain();
    const ended = assert.rejects(draining, /ended by anycast undrain/);
    await eventually(withdrawn(agent, /drained/));
    assert.equal((await agent.operations().undrain()).announced, true);
    await ended;
    clearInterval(coming);
    assert.equal(w.deeds.includes('address removed'), false);
  });

  it('is followed by no announcement when the PoP is sick at the undrain', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    await agent.operations().drain();
    w.answer = { kind: 'unhealthy', reason: 'SERVFAIL' };
    const report = await agent.operations().undrain();
    assert.equal(report.announced, false);
    assert.match(report.reason, /withdrawn: answers: SERVFAIL/);
  });

  it('that only withdraws leaves address and probes as they are', async () => {
    await using w = await world();
    await using _resolver = await beatingResolver(w.folder);
    const agent = await w.start();
    await eventually(announces(agent));
    await agent.operations().withdraw();
    withdrawn(agent, /by operator since .*, still answering/)();
    assert.equal(w.addresses.present, true);
    const probes = w.probes;
    await eventually(() => assert.ok(w.probes > probes));
    assert.equal((await agent.operations().undrain()).announced, true);
  });
});
