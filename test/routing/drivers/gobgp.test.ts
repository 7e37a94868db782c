/** What is particular to the GoBGP driver, with a real gobgpd at the PoP and a real BIRD that believes all it hears. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, suite, test } from 'node:test';
import { gobgpDriver } from '../../../src/routing/drivers/gobgp.ts';
import { gobgpFolder } from '../../../src/routing/gobgp/gobgp-folder.ts';
import type { RouteDriver } from '../../../src/routing/route-driver.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { fallback, openPeering, type Peering } from '../../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../../support/sandbox.ts';

const withHosts = [...fallback, '203.0.113.53/32', '2001:db8:53::53/128'].sort();

suite('the GoBGP driver', { skip: (await whyNoSandbox('bird', 'gobgpd', 'gobgp')) ?? false }, () => {
  let peering: Peering;
  let gobgpd: SandboxProcess;
  let driver: RouteDriver;

  before(async () => {
    peering = await openPeering();
    gobgpd = await peering.startGobgp();
    driver = gobgpDriver.create(peering.runDirectory);
  });
  beforeEach(async () => await driver.apply([], soon()));
  after(async () => {
    await driver?.[Symbol.asyncDispose]();
    await peering?.[Symbol.asyncDispose]();
  });

  const gobgp = (command: string) =>
    runOrThrow([
      'gobgp',
      '--target',
      `unix://${gobgpFolder(peering.runDirectory).apiSocket}`,
      ...command.split(' '),
    ]);
  const neighbourHas = (expected: readonly string[]) =>
    eventually(async () => assert.deepEqual(await peering.neighbourPrefixes(), expected));
  const neighbourRoute = (prefix: string) => peering.askNeighbour(`show route ${prefix} all`);

  test('the fallback stays when nothing is announced', async () => {
    await driver.apply([v4, v6], soon());
    await neighbourHas(withHosts);
    await driver.apply([], soon());
    await neighbourHas(fallback);
  });

  test('the next hop is our own address on the link, in both families', async () => {
    await driver.apply([v4, v6], soon());
    await neighbourHas(withHosts);
    assert.match(await neighbourRoute('203.0.113.53/32'), /BGP\.next_hop: 198\.18\.1\.6\n/);
    assert.match(await neighbourRoute('2001:db8:53::53/128'), /BGP\.next_hop: 2001:db8:1:1::2\b/);
  });

  test('the next hop is ourselves even for a service prefix that a stranger announced with another', async () => {
    await gobgp('global rib add 203.0.113.53/32 nexthop 198.51.100.9');
    await eventually(async () =>
      assert.match(await neighbourRoute('203.0.113.53/32'), /BGP\.next_hop: 198\.18\.1\.6\n/),
    );
  });

  test("a stranger's second path to a service prefix goes with the next apply", async () => {
    await driver.apply([v4], soon());
    await gobgp('global rib add 203.0.113.53/32 nexthop 198.51.100.9 identifier 7 med 9');
    await driver.apply([v4], soon());
    await eventually(async () => assert.doesNotMatch(await neighbourRoute('203.0.113.53/32'), /BGP\.med/));
    assert.doesNotMatch(await gobgp('global rib'), /198\.51\.100\.9/);
  });

  test('a service prefix that somebody else took away, or announced, is put right by the next apply', async () => {
    await driver.apply([v4], soon());
    await gobgp('global rib del 203.0.113.53/32');
    await gobgp('global rib -a ipv6 add 2001:db8:53::53/128');
    await neighbourHas([...fallback, '2001:db8:53::53/128'].sort());
    await driver.apply([v4], soon());
    await neighbourHas([...fallback, '203.0.113.53/32'].sort());
  });

  test('a fallback prefix that somebody took away is announced again by the next apply', async () => {
    await gobgp('global rib del 203.0.113.0/24');
    await neighbourHas(['2001:db8:53::/48']);
    await driver.apply([], soon());
    await neighbourHas(fallback);
  });

  test('a route of the neighbour gets neither into the table nor out again', async () => {
    await driver.apply([v4], soon());
    await eventually(async () =>
      assert.match(await gobgp('neighbor 198.18.1.5 adj-in'), /198\.51\.100\.0\/24/),
    );
    assert.doesNotMatch(await gobgp('global rib'), /198\.51\.100\.0/);
    const { exported } = await driver.observe(soon());
    assert.deepEqual([...exported.keys()].sort(), [...fallback, '203.0.113.53/32'].sort());
  });

  test('apply resets no session', async () => {
    const flops = async () => (await gobgp('neighbor 198.18.1.5 -j')).match(/"flops":\d+/)?.[0];
    const before = await flops();
    for (const desired of [[v4, v6], [v6], [], [v4]]) await driver.apply(desired, soon());
    assert.equal(await flops(), before);
  });

  test('a session that an operator disabled says so', async () => {
    await gobgp('neighbor 2001:db8:1:1::1 disable');
    const down = await eventually(async () => {
      const { sessions } = await driver.observe(soon());
      const session = sessions.find(({ family }) => family === 6);
      assert.equal(session?.state, 'down');
      return session;
    });
    assert.equal(down.detail, 'disabled');
    await gobgp('neighbor 2001:db8:1:1::1 enable');
    await peering.established();
  });

  test('only owner and group may open the socket, and the configuration with its password is for the owner', async () => {
    const { apiSocket, config, path } = gobgpFolder(peering.runDirectory);
    const modes = await runOrThrow(['stat', '-c', '%a', path, apiSocket, config]);
    assert.match(modes, /^750\n660\n600$/);
    assert.match(await readFile(config, 'utf8'), /correct horse/);
    const listening = await peering.sandbox.exec(['ss', '-Hltn'], 'pop');
    const ports = listening.stdout.split('\n').map(line => line.split(/\s+/)[3]);
    assert.deepEqual(ports.sort(), ['198.18.1.6:179', '[2001:db8:1:1::2]:179']);
  });

  test('a frozen gobgpd is unreachable after a while, at once when the caller gives up, and well again after', async () => {
    await driver.apply([v4], soon());
    await gobgpd.kill('SIGSTOP');
    const enough = new AbortController();
    const observing = driver.observe(enough.signal);
    enough.abort(new Error('enough'));
    await assert.rejects(observing, /enough/);
    await assert.rejects(driver.observe(soon()), { name: 'Fault', code: 'unreachable' });
    await gobgpd.kill('SIGCONT');
    await eventually(() => driver.observe(soon()));
    await driver.apply([v4], soon());
    await neighbourHas([...fallback, '203.0.113.53/32'].sort());
  });

  test('a gobgpd that was told to stop BGP refuses, and says what', async () => {
    await gobgp('global del all');
    await assert.rejects(driver.apply([v4], soon()), { code: 'refused', message: /GoBGP refused \w+: / });
    await gobgpd.kill('SIGKILL');
    await gobgpd.exited;
    await assert.rejects(driver.observe(soon()), { code: 'unreachable' });
    gobgpd = await peering.startGobgp();
  });
});
