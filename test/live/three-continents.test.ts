import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DrillReport } from '../../src/lab/drill-runner.ts';
import type { LabStatus } from '../../src/lab/lab-runtime.ts';
import type { Catchment } from '../../src/lab/prober/analysis.ts';
import { type RunResult, run } from '../../src/system/run.ts';
import { labName } from './support/lab-under-test.ts';

const service = { v4: '203.0.113.53', v6: '2001:db8:53::53' };
const nearest = { 'client-eu': 'fra', 'client-na': 'nyc', 'client-as': 'sin' };

/** Milliseconds; a drill takes about ten seconds, a lab on a busy machine as many. */
const timeoutMs = 120_000;

/** Queries per second and client, few enough for a machine that does other things; `npm run bench` asks 500. */
const rate = 200;

/** A drill of each kind; `npm run bench` plays them all, and measures. */
const movers = [
  'resolver-killed',
  'resolver-frozen',
  'brown-out',
  'slow-answers',
  'router-killed',
  'router-frozen',
  'reload-refused',
  'planned-drain',
  'agent-killed',
  'agent-frozen',
  'upstream-lost-here',
];

/** Drills in which routes change in another way, or not at all. */
const others = [
  'drain-last-pop',
  'flapping-check',
  'upstream-lost-everywhere',
  'management-partition',
  'gobgpd-restarted',
];

const env = { ANYCAST_LAB: labName('continents') };
const anycast = async (...args: string[]): Promise<RunResult> =>
  await run(['./anycast', ...args], { env, timeoutMs });
const dig = async (client: string, ...args: string[]): Promise<string> => {
  const result = await anycast('lab', 'exec', client, '--', 'dig', '+time=2', '+tries=1', ...args);
  assert.equal(result.exitCode, 0, result.stdout + result.stderr);
  return result.stdout.trim();
};

describe('three continents', () => {
  before(async () => {
    const { exitCode, stderr } = await anycast('lab', 'up');
    assert.equal(exitCode, 0, stderr);
  });
  after(async () => {
    await anycast('lab', 'down');
  });

  for (const [client, pop] of Object.entries(nearest)) {
    for (const [family, address] of Object.entries(service)) {
      it(`${client} is answered by ${pop} over ${family}, whichever way it asks who that is`, async () => {
        for (const transport of ['+notcp', '+tcp']) {
          for (const name of ['id.server', 'hostname.bind'])
            assert.equal(
              await dig(client, '+short', transport, `@${address}`, 'CH', 'TXT', name),
              `"${pop}"`,
            );
          assert.match(
            await dig(client, '+nsid', transport, `@${address}`, 'www.plain.test'),
            new RegExp(`NSID: .*"${pop}"`),
          );
        }
      });
    }
  }

  it('resolves names of the lab’s own Internet, and says NXDOMAIN for those that do not exist', async () => {
    const at = `@${service.v4}`;
    assert.match(await dig('client-eu', '+short', at, 'www.plain.test', 'A'), /^\d+\.\d+\.\d+\.\d+$/m);
    assert.match(await dig('client-eu', '+short', at, 'any-name-at-all.probe.test', 'TXT'), /"probe"/);
    assert.match(await dig('client-as', at, 'nothing.plain.test'), /status: NXDOMAIN/);
    assert.match(await dig('client-na', '+dnssec', at, 'www.signed.test'), /RRSIG/);
  });

  it('steers a name by the PoP that answers', async () => {
    const addresses = await Promise.all(
      Object.keys(nearest).map(client => dig(client, '+short', `@${service.v4}`, 'www.gslb.test', 'A')),
    );
    assert.deepEqual(addresses, ['198.51.100.1', '198.51.100.2', '198.51.100.3']);
  });

  it('gives the catchment as JSON', async () => {
    const { stdout } = await anycast('catchment', '--json');
    const { clients } = JSON.parse(stdout) as { clients: Catchment };
    for (const [client, pop] of Object.entries(nearest)) {
      const { v4, v6 } = clients[client] ?? {};
      assert.deepEqual([v4?.pop, v6?.pop], [pop, pop]);
      assert.ok((v4?.rttMs ?? 0) > 0 && (v6?.rttMs ?? 0) > 0);
    }
  });

  it('gives its status as JSON: every node and process running, every link up', async () => {
    const { stdout } = await anycast('lab', 'status', '--json');
    const { pid, runtime, nodes, links } = JSON.parse(stdout) as LabStatus;
    assert.ok(pid > 1);
    assert.equal(runtime, 'netns');
    assert.deepEqual([...new Set(nodes.map(({ state }) => state))], ['running']);
    assert.deepEqual([...new Set(links.map(({ state }) => state))], ['up']);
    const fra = nodes.find(({ name }) => name === 'fra');
    assert.deepEqual(fra?.processes.map(({ name }) => name).sort(), ['agent', 'bird', 'resolver', 'sidecar']);
  });

  it('has a PoP that explains itself', async () => {
    const place = ['--pop', 'fra', '--run-dir', '/run/anycast-lab/fra'];
    const { stdout, exitCode } = await anycast(
      'lab',
      'exec',
      'fra',
      '--',
      `${process.cwd()}/anycast`,
      'explain',
      ...place,
    );
    assert.equal(exitCode, 0);
    assert.match(stdout, /announcing: all checks up/);
    assert.match(stdout, /203\.0\.113\.53\/32\s+to isp-eu/);
  });

  for (const name of movers) {
    it(`${name}: clients move to another PoP and come back, and the report says how`, async () => {
      const report = await play(name);
      for (const span of ['neighbourMs', 'firstAnswerElsewhereMs'] as const)
        assert.ok((report.spans[span] ?? 0) > 0, `${span}: ${report.spans[span]}`);
      assert.deepEqual(
        (['before', 'after', 'restored'] as const).map(when => report.catchment[when]['client-eu']?.v4?.pop),
        ['fra', 'nyc', 'fra'],
      );
    });
  }

  for (const name of others) {
    it(`${name}: every claim holds but those of time`, async () => {
      await play(name);
    });
  }

  it('all-pops-sick: clients fail visibly and come back', async () => {
    const { probes } = await play('all-pops-sick');
    assert.ok(probes.refused > 0 && probes.errors === 0);
  });
});

/** Plays a drill at its own PoP, fra unless it needs another: every claim holds, but for those of time, which depend on what else this machine does. */
async function play(name: string): Promise<DrillReport> {
  const { stdout, stderr } = await anycast('drill', name, '--rate', String(rate), '--json');
  assert.notEqual(stdout, '', stderr);
  const report = JSON.parse(stdout) as DrillReport;
  assert.equal(report.drill, name);
  const { sent, answered, lost, errors, refused, silent } = report.probes;
  assert.deepEqual([answered + lost, errors + refused + silent], [sent, lost]);
  const failed = report.claims.filter(({ ok, claim }) => !ok && !/\d ms\b/.test(claim));
  assert.deepEqual(
    failed.filter(({ observed }) => !isStarvedRouter(observed)),
    [],
  );
  return report;
}

/** A router that gets no processor for 300 ms loses its BFD session, without anybody deciding anything: this machine's doing. */
function isStarvedRouter(observed: string): boolean {
  const reasons = observed.match(/\([^()]*\)/g) ?? [];
  return reasons.length > 0 && reasons.every(reason => /^\(session [^()]*BFD session down\)$/.test(reason));
}
