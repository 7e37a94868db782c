/** The contract of route drivers, over every registered kind. */
import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { birdFolder } from '../../src/routing/bird/bird-folder.ts';
import { renderAnnounced } from '../../src/routing/bird/render-announced.ts';
import { birdDriver } from '../../src/routing/drivers/bird.ts';
import { gobgpDriver } from '../../src/routing/drivers/gobgp.ts';
import { memoryDriver } from '../../src/routing/drivers/memory.ts';
import { routeDrivers } from '../../src/routing/drivers.ts';
import { gobgpFolder } from '../../src/routing/gobgp/gobgp-folder.ts';
import { runOrThrow } from '../../src/system/run.ts';
import {
  announcement,
  type DriverBench,
  type DriverUnderTest,
  routeDriverContract,
} from '../contract/route-driver.ts';
import { fallback, openPeering, type Peering } from '../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../support/sandbox.ts';

/** What every bench with a real neighbour has alike. */
function neighbourhood(
  peering: Peering,
  start: () => Promise<SandboxProcess>,
  first: SandboxProcess,
): Pick<
  DriverBench,
  'neighbourPrefixes' | 'neighbourRoute' | 'neighbourWithdrawals' | 'restartRouter' | 'cutIpv6Session'
> {
  let router = first;
  return {
    neighbourPrefixes: peering.neighbourPrefixes,
    neighbourRoute: prefix => peering.askNeighbour(`show route ${prefix} all`),
    async neighbourWithdrawals() {
      const sessions = ['pop_v4', 'pop_v6'].map(name => peering.askNeighbour(`show protocols all ${name}`));
      const text = (await Promise.all(sessions)).join('');
      const received = [...text.matchAll(/Import withdraws: +(\d+)/g)].map(([, count]) => Number(count));
      assert.equal(received.length, 2, text);
      return received.reduce((sum, count) => sum + count, 0);
    },
    async restartRouter() {
      await router.kill('SIGKILL');
      await router.exited;
      router = await start();
    },
    async cutIpv6Session() {
      await peering.askNeighbour('disable pop_v6');
      return async () => {
        await peering.askNeighbour('enable pop_v6');
        await peering.established();
      };
    },
  };
}

const bird: DriverUnderTest = {
  kind: 'bird',
  fallback,
  lacks: {},
  skip: await whyNoSandbox('bird'),
  async open() {
    const peering = await openPeering();
    const router = await peering.startBird();
    const driver = birdDriver.create(peering.runDirectory);
    const { site, announced, controlSocket } = birdFolder(peering.runDirectory);
    return {
      driver,
      ...neighbourhood(peering, peering.startBird, router),
      async announceBehindItsBack(prefixes) {
        const ours = await readFile(announced, 'utf8');
        const own = /203\.0\.113\.53\/32/.test(ours) ? ['203.0.113.53/32'] : [];
        await writeFile(announced, renderAnnounced([...own, ...prefixes].map(announcement)));
        await runOrThrow(['birdc', '-s', controlSocket, 'configure']);
      },
      async breakRouter() {
        const whole = await readFile(site);
        await appendFile(site, 'damage;\n');
        return () => writeFile(site, whole);
      },
      async [Symbol.asyncDispose]() {
        await driver[Symbol.asyncDispose]();
        await peering[Symbol.asyncDispose]();
      },
    };
  },
};

const gobgp: DriverUnderTest = {
  kind: 'gobgp',
  fallback,
  lacks: {
    'after a refusal the routes of before stand, and the next apply counts':
      'GoBGP refuses only what is malformed, and then the whole message; nothing makes it refuse what is not',
  },
  skip: await whyNoSandbox('bird', 'gobgpd', 'gobgp'),
  async open() {
    const peering = await openPeering();
    const router = await peering.startGobgp();
    const driver = gobgpDriver.create(peering.runDirectory);
    const target = `unix://${gobgpFolder(peering.runDirectory).apiSocket}`;
    return {
      driver,
      ...neighbourhood(peering, peering.startGobgp, router),
      breakRouter: () => assert.fail('GoBGP cannot be made to refuse'),
      async announceBehindItsBack(prefixes) {
        for (const prefix of prefixes) {
          const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
          await runOrThrow(['gobgp', '--target', target, 'global', 'rib', '-a', family, 'add', prefix]);
        }
      },
      async [Symbol.asyncDispose]() {
        await driver[Symbol.asyncDispose]();
        await peering[Symbol.asyncDispose]();
      },
    };
  },
};

const noRouter = 'there is no router, hence no neighbour and nothing that could refuse';

const memory: DriverUnderTest = {
  kind: 'memory',
  fallback: [],
  lacks: {
    'the neighbour learns what is observed as exported': noRouter,
    'communities, prepend and MED reach the neighbour': noRouter,
    'large communities reach the neighbour': noRouter,
    'a changed attribute withdraws nothing': noRouter,
    'nothing foreign is let out, whoever announces it': noRouter,
    'a session that is down exports nothing, and the routes are back with it': noRouter,
    'a restart between two observations is not missed, and the next apply announces again': noRouter,
    'after a refusal the routes of before stand, and the next apply counts': noRouter,
  },
  skip: undefined,
  async open() {
    const driver = memoryDriver.create('');
    return {
      driver,
      neighbourPrefixes: () => assert.fail(noRouter),
      neighbourRoute: () => assert.fail(noRouter),
      neighbourWithdrawals: () => assert.fail(noRouter),
      restartRouter: () => assert.fail(noRouter),
      cutIpv6Session: () => assert.fail(noRouter),
      announceBehindItsBack: () => assert.fail(noRouter),
      breakRouter: () => assert.fail(noRouter),
      [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
    };
  },
};

const benches: readonly DriverUnderTest[] = [bird, gobgp, memory];

test('every registered driver is held to the contract', () => {
  assert.deepEqual(
    benches.map(({ kind }) => kind),
    routeDrivers.map(({ kind }) => kind),
  );
});

for (const bench of benches) routeDriverContract(bench);
