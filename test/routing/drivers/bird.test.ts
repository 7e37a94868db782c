/** What is particular to the BIRD driver, with a real BIRD at the PoP and a real neighbour that believes all it hears. */
import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, suite, test } from 'node:test';
import { birdFolder } from '../../../src/routing/bird/bird-folder.ts';
import { renderAnnounced } from '../../../src/routing/bird/render-announced.ts';
import { birdDriver } from '../../../src/routing/drivers/bird.ts';
import type { RouteDriver } from '../../../src/routing/route-driver.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { announcement, soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { fallback, openPeering, type Peering } from '../../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../../support/sandbox.ts';

const host = [v4, v6];
const withHosts = [...fallback, '203.0.113.53/32', '2001:db8:53::53/128'].sort();

suite('the BIRD driver', { skip: (await whyNoSandbox('bird')) ?? false }, () => {
  let peering: Peering;
  let bird: SandboxProcess;
  let driver: RouteDriver;

  before(async () => {
    peering = await openPeering();
    bird = await peering.startBird();
    driver = birdDriver.create(peering.runDirectory);
  });
  beforeEach(async () => await driver.apply([], soon()));
  after(async () => {
    await driver?.[Symbol.asyncDispose]();
    await peering?.[Symbol.asyncDispose]();
  });

  const folder = () => birdFolder(peering.runDirectory);
  const askBird = (command: string) =>
    runOrThrow(['birdc', '-s', folder().controlSocket, ...(command.split(' ') as [string, ...string[]])]);
  const neighbourHas = (expected: readonly string[]) =>
    eventually(async () => assert.deepEqual(await peering.neighbourPrefixes(), expected));

  test('the fallback stays when nothing is announced', async () => {
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
    await driver.apply([], soon());
    await neighbourHas(fallback);
  });

  test('apply resets no session', async () => {
    // BIRD shows since when a session stands, a millisecond more or less each time; a reset costs `connect delay time`.
    const since = async () => {
      const lines = [
        ...(await peering.askNeighbour('show protocols')).matchAll(/^pop_v\d .* up +([\d:.]+) /gm),
      ];
      return lines.map(([, time = '']) => Date.parse(`1970-01-01T${time}Z`));
    };
    const before = await since();
    assert.equal(before.length, 2);
    for (const desired of [host, [v6], [], host]) await driver.apply(desired, soon());
    await neighbourHas(withHosts);
    const after = await since();
    assert.ok(after.length === 2 && after.every((ms, index) => Math.abs(ms - (before[index] ?? 0)) < 500));
  });

  test('the filter lets out nothing but the exact prefixes of the service, whatever is in announced.conf', async () => {
    const leaks = [
      '0.0.0.0/0',
      '10.0.0.0/8',
      '203.0.113.54/32',
      '203.0.113.52/31',
      '203.0.113.0/24',
      '203.0.113.0/25',
      '::/0',
      '2001:db8:53::/64',
      '2001:db8:53::54/128',
    ].map(announcement);
    await writeFile(folder().announced, renderAnnounced([...leaks, ...host]));
    assert.match(await askBird('configure'), /Reconfigured/);
    await neighbourHas(withHosts);
    assert.match(await askBird('show route'), /10\.0\.0\.0\/8/);
    // Now the other route to the fallback prefix is the older one, which wins among equals.
    await askBird('disable fallback4');
    await neighbourHas(withHosts.filter(prefix => prefix !== '203.0.113.0/24'));
    await askBird('enable fallback4');
    await neighbourHas(withHosts);
  });

  test('a route of another protocol stays here even when it is a service prefix', async () => {
    await writeFile(
      folder().announced,
      `${renderAnnounced([v6])}protocol static stranger { ipv4; route 203.0.113.53/32 blackhole; }\n`,
    );
    assert.match(await askBird('configure'), /Reconfigured/);
    await neighbourHas([...fallback, '2001:db8:53::53/128'].sort());
    assert.match(await askBird('show route'), /stranger/);
  });

  test('a damaged announced.conf changes nothing, and the next apply overwrites it', async () => {
    await driver.apply(host, soon());
    await writeFile(folder().announced, 'protocol static announced4 { ipv4; route 0.0.0.0/0 black');
    await assert.rejects(askBird('configure'), /syntax error/);
    await neighbourHas(withHosts);
    await driver.apply(host, soon());
    assert.equal(await readFile(folder().announced, 'utf8'), renderAnnounced(host));
    assert.match(await askBird('configure check'), /Configuration OK/);
  });

  test('a refused apply puts the file of before back and names what BIRD complained about', async () => {
    await driver.apply([v4], soon());
    const whole = await readFile(folder().site);
    await appendFile(folder().site, 'damage;\n');
    await assert.rejects(driver.apply(host, soon()), {
      code: 'refused',
      message: /code 8002: .*site\.conf:\d+:\d+ /,
    });
    assert.equal(await readFile(folder().announced, 'utf8'), renderAnnounced([v4]));
    await writeFile(folder().site, whole);
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
  });

  test('what somebody else did to the router is seen, and undone by the next apply', async () => {
    await driver.apply(host, soon());
    const ours = await readFile(folder().announced);
    await writeFile(folder().announced, renderAnnounced([]));
    await askBird('configure');
    await writeFile(folder().announced, ours);
    const { exported } = await driver.observe(soon());
    assert.deepEqual([...exported.keys()].sort(), fallback);
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
  });

  test('a service prefix that somebody else announced is withdrawn by the next apply', async () => {
    const ours = await readFile(folder().announced);
    await writeFile(folder().announced, renderAnnounced(host));
    await askBird('configure');
    await writeFile(folder().announced, ours);
    await neighbourHas(withHosts);
    await driver.observe(soon());
    await driver.apply([], soon());
    await neighbourHas(fallback);
  });

  test('a session that is down exports nothing and says why', async () => {
    await driver.apply(host, soon());
    await askBird('disable isp_eu_v6');
    const { exported, sessions } = await driver.observe(soon());
    assert.deepEqual([...exported.keys()].sort(), ['203.0.113.0/24', '203.0.113.53/32']);
    assert.deepEqual(
      sessions.map(({ family, state }) => [family, state]),
      [
        [4, 'established'],
        [6, 'down'],
      ],
    );
    await askBird('enable isp_eu_v6');
    await peering.established();
  });

  test('a frozen BIRD is noticed by BFD at the neighbour, long before the hold timer', async () => {
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
    await bird.kill('SIGSTOP');
    await neighbourHas([]);
    assert.match(await peering.askNeighbour('show protocols'), /BFD session down/);
    await bird.kill('SIGCONT');
    await peering.established();
    await neighbourHas(withHosts);
  });

  test('BIRD killed is unreachable; started afresh it announces nothing until it is told again', async () => {
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
    await bird.kill('SIGKILL');
    await bird.exited;
    await neighbourHas([]);
    await assert.rejects(driver.apply(host, soon()), { code: 'unreachable' });
    await assert.rejects(driver.observe(soon()), { code: 'unreachable' });
    bird = await peering.startBird();
    await neighbourHas(fallback);
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
  });
});
