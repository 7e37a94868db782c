/** What is particular to the BIRD driver, with a real BIRD at the PoP and a real neighbour that believes all it hears. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { after, before, beforeEach, suite, test } from 'node:test';
import { attributesKey, gracefulShutdown, noAttributes } from '../../../src/routing/announcement.ts';
import { birdFolder } from '../../../src/routing/bird/bird-folder.ts';
import { undoAfterSeconds } from '../../../src/routing/bird/configure.ts';
import { renderAnnounced } from '../../../src/routing/bird/render-announced.ts';
import { birdDriver } from '../../../src/routing/drivers/bird.ts';
import type { RouteDriver } from '../../../src/routing/route-driver.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { fallback, openPeering, type Peering } from '../../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../../support/sandbox.ts';

const host = [v4, v6];
const withHosts = [...fallback, '203.0.113.53/32', '2001:db8:53::53/128'].sort();

/** RFC 1997. */
const noExport = [65_535, 65_281] as const;

const source = (path: string) => new URL(`../../../src/${path}`, import.meta.url).href;
const driverUrl = source('routing/drivers/bird.ts');
const prefixUrl = source('ip/prefix.ts');
const announcementUrl = source('routing/announcement.ts');

/** Stands before BIRD's control socket and passes on what is said, up to `configure confirm`: that ends both connections. */
async function interceptConfirm(path: string) {
  const behind = `${path}.behind`;
  await rename(path, behind);
  const confirming = Promise.withResolvers<void>();
  const open = new Set<Socket>();
  const server = createServer(agent => {
    const bird = createConnection(behind);
    for (const socket of [agent, bird]) {
      open.add(socket);
      socket.on('error', () => undefined);
    }
    bird.pipe(agent);
    agent.on('data', command => {
      if (!command.toString().startsWith('configure confirm')) return void bird.write(command);
      agent.destroy();
      bird.destroy();
      confirming.resolve();
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    /** Resolves when the agent wants to confirm. */
    confirming: confirming.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      // Closing removes the socket's file, so BIRD's own can have its place again only then.
      await new Promise(resolve => server.close(resolve));
      await rename(behind, path);
    },
  };
}

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

  test('a damaged announced.conf changes nothing, and the next apply overwrites it', async () => {
    await driver.apply(host, soon());
    await writeFile(folder().announced, renderAnnounced(host).slice(0, -20));
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

  test('a refused apply puts nothing back that it does not write itself', async () => {
    await driver.apply([v4], soon());
    const whole = await readFile(folder().site);
    await appendFile(folder().site, 'damage;\n');
    await writeFile(folder().announced, 'return true;\n');
    await assert.rejects(driver.apply(host, soon()), { code: 'refused' });
    assert.equal(await readFile(folder().announced, 'utf8'), renderAnnounced([]));
    await writeFile(folder().site, whole);
  });

  test('an apply that would take a session down is undone, and names it', async () => {
    await driver.apply([v4], soon());
    await neighbourHas([...fallback, '203.0.113.53/32'].sort());
    const whole = await readFile(folder().neighbours, 'utf8');
    await writeFile(folder().neighbours, whole.split('protocol bgp isp_eu_v6')[0] ?? '');
    await assert.rejects(driver.apply(host, soon()), { code: 'refused', message: /took down isp_eu_v6/ });
    assert.equal(await readFile(folder().announced, 'utf8'), renderAnnounced([v4]));
    await peering.established();
    await neighbourHas([...fallback, '203.0.113.53/32'].sort());
    assert.match(await askBird('configure confirm'), /Nothing to do/);
    await writeFile(folder().neighbours, whole);
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
  });

  test('a withdrawal is never undone, even when it takes a session down', async () => {
    await driver.apply(host, soon());
    await neighbourHas(withHosts);
    const whole = await readFile(folder().neighbours, 'utf8');
    await writeFile(folder().neighbours, whole.split('protocol bgp isp_eu_v6')[0] ?? '');
    await driver.apply([], soon());
    await neighbourHas(fallback.filter(prefix => !prefix.includes(':')));
    assert.match(await askBird('configure confirm'), /Nothing to do/);
    await writeFile(folder().neighbours, whole);
    await driver.apply(host, soon());
    await peering.established();
    await neighbourHas(withHosts);
  });

  test('an agent that dies before it confirms leaves the routes of before', async () => {
    await driver.apply([v4], soon());
    await using stranger = await interceptConfirm(folder().controlSocket);
    const program = `
      const { birdDriver } = await import(${JSON.stringify(driverUrl)});
      const { parseIpPrefix } = await import(${JSON.stringify(prefixUrl)});
      const { plainAnnouncement } = await import(${JSON.stringify(announcementUrl)});
      const desired = ['203.0.113.53/32', '2001:db8:53::53/128'].map(text => plainAnnouncement(parseIpPrefix(text)));
      await birdDriver.create(${JSON.stringify(peering.runDirectory)}).apply(desired, AbortSignal.timeout(10000));`;
    const agent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    const ended = once(agent, 'close');
    await stranger.confirming;
    agent.kill('SIGKILL');
    await ended;
    await neighbourHas(withHosts);
    await eventually(
      async () =>
        assert.deepEqual(await peering.neighbourPrefixes(), [...fallback, '203.0.113.53/32'].sort()),
      { within: 2 * undoAfterSeconds * 1000 },
    );
    await peering.established();
  });

  test('an apply that was cut off before it confirmed is undone no more once the next one is confirmed', async () => {
    await driver.apply([v4], soon());
    {
      await using stranger = await interceptConfirm(folder().controlSocket);
      await using cutOff = birdDriver.create(peering.runDirectory);
      await assert.rejects(cutOff.apply(host, soon()), { code: 'unreachable' });
      await stranger.confirming;
    }
    await driver.apply([v6], soon());
    assert.doesNotMatch(await askBird('configure status'), /undo/);
    await neighbourHas([...fallback, '2001:db8:53::53/128'].sort());
  });

  test('attributes are observed as the neighbour has them, beyond what BGP adds', async () => {
    const attributes = {
      communities: [gracefulShutdown, noExport, [64500, 7]],
      largeCommunities: [[64500, 1, 4_294_967_295]],
      prepend: 3,
      med: 0,
    } as const;
    await driver.apply([{ ...v4, ...attributes }, v6], soon());
    const { exported } = await driver.observe(soon());
    const routes = (text: string) =>
      exported.get(text)?.map(route => [route.neighbour, attributesKey(route)]) ?? [];
    assert.deepEqual(routes('203.0.113.53/32'), [['isp-eu', attributesKey(attributes)]]);
    assert.deepEqual(routes('2001:db8:53::53/128'), [['isp-eu', attributesKey(noAttributes)]]);
    await eventually(async () => {
      const route = await peering.askNeighbour('show route 203.0.113.53/32 all');
      for (const shown of [
        /as_path: 64500 64500 64500 64500\n/,
        /med: 0\n/,
        /community:.* \(65535,65281\)/,
        /large_community: \(64500, 1, 4294967295\)/,
      ])
        assert.match(route, shown);
    });
  });

  test('BLACKHOLE and foreign AS numbers do not leave', async () => {
    const damage = 'bgp_community.add((65535, 666)); bgp_community.add((64500, 7)); bgp_path.prepend(64999);';
    await writeFile(folder().announced, `${damage} return true;\n`);
    await askBird('configure');
    await eventually(async () => {
      const route = await peering.askNeighbour('show route 203.0.113.53/32 all');
      assert.match(route, /community: \(64500,7\)$/m);
      assert.match(route, /as_path: 64500\n/);
    });
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
