import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DrillReport } from '../../src/lab/drill-runner.ts';
import type { LabStatus } from '../../src/lab/lab-runtime.ts';
import type { Catchment } from '../../src/lab/prober/analysis.ts';
import { type RunResult, run } from '../../src/system/run.ts';

/** Milliseconds; twenty-seven containers on two cores take about thirty seconds. */
const timeoutMs = 300_000;

/** Queries per second and client: what clients lose is measured elsewhere, and 500 of three clients saturate two cores here. */
const rate = 200;

const anycast = async (...args: string[]): Promise<RunResult> =>
  await run(['./anycast', ...args, '--runtime', 'docker'], { timeoutMs });
const inContainer = async (name: string, ...argv: string[]): Promise<string> => {
  const result = await run(['docker', 'exec', name, ...argv], { timeoutMs });
  assert.equal(result.exitCode, 0, result.stdout + result.stderr);
  return result.stdout.trim();
};

describe('the lab in Docker', () => {
  before(async () => {
    const { exitCode, stderr } = await anycast('lab', 'up', '--timeout', '4m');
    assert.equal(exitCode, 0, stderr);
  });
  after(async () => {
    await anycast('lab', 'down');
  });

  it('has the catchment that the lab in namespaces has', async () => {
    const { clients } = JSON.parse((await anycast('catchment', '--json')).stdout) as { clients: Catchment };
    const pops = Object.entries(clients).map(([client, { v4, v6 }]) => [client, v4?.pop, v6?.pop]);
    assert.deepEqual(pops.sort(), [
      ['client-as', 'sin', 'sin'],
      ['client-eu', 'fra', 'fra'],
      ['client-na', 'nyc', 'nyc'],
    ]);
  });

  it('answers dig in a client’s container, over UDP and TCP, IPv4 and IPv6', async () => {
    for (const address of ['203.0.113.53', '2001:db8:53::53']) {
      for (const transport of ['+notcp', '+tcp']) {
        const question = ['+short', transport, `@${address}`, 'CH', 'TXT', 'id.server'];
        assert.equal(await inContainer('anycast-client-eu', 'dig', ...question), '"fra"');
      }
    }
  });

  it('has no way out: no node has a route towards the host', async () => {
    for (const node of ['client-eu', 'isp-eu', 'fra', 'ns-leaf']) {
      const routes = await inContainer(`anycast-${node}`, 'ip', 'route');
      assert.doesNotMatch(routes, /\b(?:100\.64|172)\./);
    }
  });

  it('tells its status as the lab in namespaces does', async () => {
    const { runtime, nodes, links } = JSON.parse(
      (await anycast('lab', 'status', '--json')).stdout,
    ) as LabStatus;
    assert.equal(runtime, 'docker');
    assert.deepEqual([...new Set(nodes.map(({ state }) => state))], ['running']);
    assert.deepEqual([...new Set(links.map(({ state }) => state))], ['up']);
  });

  for (const name of ['planned-drain', 'resolver-killed', 'resolver-frozen']) {
    it(`plays ${name}: clients move to another PoP and come back`, async t => {
      const { stdout, stderr } = await anycast('drill', name, '--rate', String(rate), '--json');
      assert.notEqual(stdout, '', stderr);
      const report = JSON.parse(stdout) as DrillReport;
      t.diagnostic(`longest gap ${report.longestGapMs} ms, spans ${JSON.stringify(report.spans)}`);
      const failed = report.claims.filter(
        ({ ok, claim }) => !ok && !claim.startsWith('no client waits longer than'),
      );
      assert.deepEqual(failed, []);
    });
  }
});
