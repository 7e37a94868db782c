/** The contract of route drivers, over every registered kind. */
import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { birdFolder } from '../../src/routing/bird/bird-folder.ts';
import { birdDriver } from '../../src/routing/drivers/bird.ts';
import { memoryDriver } from '../../src/routing/drivers/memory.ts';
import { routeDrivers } from '../../src/routing/drivers.ts';
import { type DriverUnderTest, routeDriverContract } from '../contract/route-driver.ts';
import { fallback, openPeering } from '../support/peering.ts';
import { whyNoSandbox } from '../support/sandbox.ts';

const bird: DriverUnderTest = {
  kind: 'bird',
  fallback,
  lacks: {},
  skip: await whyNoSandbox('bird'),
  async open() {
    const peering = await openPeering();
    await peering.startBird();
    const driver = birdDriver.create(peering.runDirectory);
    const { site } = birdFolder(peering.runDirectory);
    return {
      driver,
      neighbourPrefixes: peering.neighbourPrefixes,
      neighbourRoute: prefix => peering.askNeighbour(`show route ${prefix} all`),
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

const noRouter = 'there is no router, hence no neighbour and nothing that could refuse';

const memory: DriverUnderTest = {
  kind: 'memory',
  fallback: [],
  lacks: {
    'the neighbour learns what is observed as exported': noRouter,
    'communities, prepend and MED reach the neighbour': noRouter,
    'after a refusal the routes of before stand, and the next apply counts': noRouter,
  },
  skip: undefined,
  async open() {
    const driver = memoryDriver.create('');
    return {
      driver,
      neighbourPrefixes: () => assert.fail(noRouter),
      neighbourRoute: () => assert.fail(noRouter),
      breakRouter: () => assert.fail(noRouter),
      [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
    };
  },
};

const benches: readonly DriverUnderTest[] = [bird, memory];

test('every registered driver is held to the contract', () => {
  assert.deepEqual(
    benches.map(({ kind }) => kind),
    routeDrivers.map(({ kind }) => kind),
  );
});

for (const bench of benches) routeDriverContract(bench);
