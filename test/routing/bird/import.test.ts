/** What a BIRD PoP takes from its neighbour: nothing, or a default route that no validator calls invalid. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { birdFolder } from '../../../src/routing/bird/bird-folder.ts';
import { birdDriver } from '../../../src/routing/drivers/bird.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { openPeering, type Peering, peeringYaml } from '../../support/peering.ts';
import { whyNoSandbox } from '../../support/sandbox.ts';

/** The neighbour offers a default route, and more. */
const offers = `
protocol static offer4 { ipv4; route 0.0.0.0/0 unreachable; route 10.0.0.0/8 unreachable; route 0.0.0.0/1 unreachable; }
protocol static offer6 { ipv6; route ::/0 unreachable; route 2001:db8:ffff::/48 unreachable; }
`;

const rtrServer = fileURLToPath(new URL('../../support/rtr-server.ts', import.meta.url));

suite('a BIRD PoP', { skip: (await whyNoSandbox('bird')) ?? false }, () => {
  const open = (bgp: string) => openPeering({ yaml: `${peeringYaml}bgp: { ${bgp} }\n`, neighbour: offers });
  const askBird = ({ runDirectory }: Peering, ...command: string[]) =>
    runOrThrow(['birdc', '-s', birdFolder(runDirectory).controlSocket, ...command]);
  /** Prefixes that BIRD has from the neighbour. */
  const imported = async (peering: Peering) => {
    const text = await askBird(peering, 'show', 'route', 'where', 'source', '=', 'RTS_BGP');
    return [...text.matchAll(/^([\da-f.:]+\/\d+) /gm)].map(([, prefix = '']) => prefix).sort();
  };
  const kernelDefaults = async ({ sandbox }: Peering) => {
    const shown = ['-4', '-6'].map(family => sandbox.exec(['ip', family, 'route', 'show', 'default'], 'pop'));
    return (await Promise.all(shown)).map(({ stdout }) => /default via (\S+)/.exec(stdout)?.[1] ?? '');
  };

  test('imports nothing unless told to, and leaves the kernel alone', async () => {
    await using peering = await open('import: none');
    await peering.startBird();
    await eventually(async () =>
      assert.match(await askBird(peering, 'show', 'protocols', 'all', 'isp_eu_v4'), /Import updates: +4 /),
    );
    assert.deepEqual(await imported(peering), []);
    assert.deepEqual(await kernelDefaults(peering), ['', '']);
  });

  test('imports a default route and nothing else, gives it to the kernel, and to no neighbour', async () => {
    await using peering = await open('import: default');
    await peering.startBird();
    const gateways = ['198.18.1.5', '2001:db8:1:1::1'];
    await eventually(async () => assert.deepEqual(await kernelDefaults(peering), gateways));
    assert.deepEqual(await imported(peering), ['0.0.0.0/0', '::/0']);
    await using driver = birdDriver.create(peering.runDirectory);
    // An apply must not take the default route away, not even for a moment.
    const watch = peering.sandbox.spawn(['ip', 'monitor', 'route'], 'pop');
    for (const desired of [[v4, v6], [], [v6]]) await driver.apply(desired, soon());
    const { exported } = await driver.observe(soon());
    assert.deepEqual([...exported.keys()].sort(), [
      '2001:db8:53::/48',
      '2001:db8:53::53/128',
      '203.0.113.0/24',
    ]);
    assert.deepEqual(await kernelDefaults(peering), gateways);
    assert.deepEqual(watch.output, []);
  });

  test('gives up a default route when a validator comes to call it invalid', async () => {
    const rpki = 'rpki: [{ address: 198.18.1.5, port: 3323 }]';
    await using peering = await open(`import: default, ${rpki}`);
    await peering.startBird();
    await eventually(async () => assert.deepEqual(await imported(peering), ['0.0.0.0/0', '::/0']));
    // The validator says that 0.0.0.0/0 is AS 64999's; the neighbour is AS 64501. It has no word on ::/0.
    const server = peering.sandbox.spawn(
      [process.execPath, rtrServer, '198.18.1.5', '3323', '0.0.0.0/0', '64999'],
      'isp',
    );
    await eventually(() => assert.deepEqual(server.output, ['listening']));
    // Ten seconds are BIRD's own, between two tries to reach a validator (`retry` in bird.conf).
    await eventually(async () => assert.deepEqual(await imported(peering), ['::/0']), { within: 25_000 });
    assert.match(await askBird(peering, 'show', 'route', 'table', 'roa_v4'), /0\.0\.0\.0\/0-0 AS64999/);
    assert.deepEqual(await kernelDefaults(peering), ['', '2001:db8:1:1::1']);
  });
});
