/** A BIRD PoP with several upstreams: each is sent the same, and what one is sent is told from what another is. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { birdFolder } from '../../../src/routing/bird/bird-folder.ts';
import { birdDriver } from '../../../src/routing/drivers/bird.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { openPeering, peeringYaml } from '../../support/peering.ts';
import { whyNoSandbox } from '../../support/sandbox.ts';

/** A second upstream, without BFD, on a second pair of addresses. */
const yaml = `${peeringYaml}      - name: isp-na
        asn: 64502
        bfd: off
        sessions: [{ local: 198.18.2.6, remote: 198.18.2.5 }]
`;
const second = `
protocol bgp second_v4 {
  local 198.18.2.5 as 64502; neighbor 198.18.2.6 as 64500;
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  ipv4 { import all; export none; };
}
`;

suite('a BIRD PoP with two upstreams', { skip: (await whyNoSandbox('bird')) ?? false }, () => {
  test('announces to both, and is observed to announce to one when the other is lost', async () => {
    await using peering = await openPeering({ yaml, neighbour: second });
    for (const [node, address, link] of [
      ['pop', '198.18.2.6', 'up0'],
      ['isp', '198.18.2.5', 'down0'],
    ] as const) {
      const argv = ['ip', 'address', 'add', `${address}/30`, 'dev', link] as const;
      const added = await peering.sandbox.exec(argv, node);
      assert.equal(added.exitCode, 0, added.stderr);
    }
    await peering.startBird();
    await using driver = birdDriver.create(peering.runDirectory);
    await driver.apply([{ ...v4, prepend: 1 }, v6], soon());
    const sentTo = async (prefix: string) =>
      ((await driver.observe(soon())).exported.get(prefix) ?? []).map(({ neighbour, prepend }) => [
        neighbour,
        prepend,
      ]);
    assert.deepEqual(await sentTo('203.0.113.53/32'), [
      ['isp-eu', 1],
      ['isp-na', 1],
    ]);
    assert.deepEqual(await sentTo('2001:db8:53::53/128'), [['isp-eu', 0]]);
    await eventually(async () => {
      const text = await peering.askNeighbour('show route 203.0.113.53/32 all');
      assert.equal(text.match(/as_path: 64500 64500$/gm)?.length, 2, text);
    });
    const { controlSocket } = birdFolder(peering.runDirectory);
    const bfd = await runOrThrow(['birdc', '-s', controlSocket, 'show', 'bfd', 'sessions']);
    assert.match(bfd, /198\.18\.1\.5/);
    assert.doesNotMatch(bfd, /198\.18\.2\.5/);
    await peering.askNeighbour('disable pop_v4');
    await eventually(async () => assert.deepEqual(await sentTo('203.0.113.53/32'), [['isp-na', 1]]));
  });
});
