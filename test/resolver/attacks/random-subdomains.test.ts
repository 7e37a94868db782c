/** A flood of random names in a zone of which no server answers (water torture): it is the zone's trouble alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse } from '../iterator/universe.ts';
import { a, edns, query } from '../messages.ts';
import { askUdp } from '../test-resolver.ts';

describe('a flood of random names in a dead zone', () => {
  it('leaves other zones alone, and soon costs next to nothing', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: {
            'dead.': { ns: ['ns.dead.'], glue: [a('ns.dead.', at(11))] },
            'well.': { ns: ['ns.well.'], glue: [a('ns.well.', at(12))] },
          },
        },
        11: () => undefined,
        12: { origin: 'well.', records: [a('www.well.', '192.0.2.1')] },
      }),
      resolver: ['queryTimeout: 1s'],
    });
    const { service: address, port } = universe.deployment;
    const flood = (wave: string): Promise<number>[] =>
      Array.from({ length: 100 }, async (_, i) => {
        const octets = encodeMessage(query(`${wave}${i}.dead.`, 'A', { edns: edns() }));
        return decodeMessage(await askUdp(octets, { address, port }, 10_000)).rcode;
      });
    const first = flood('first');
    assert.equal((await universe.dig('www.well.', 'A')).status, 'NOERROR');
    assert.ok((await Promise.all(first)).every(rcode => rcode === rcodes.SERVFAIL));
    const before = universe.servers[11]?.calls.length ?? 0;
    const second = flood('second');
    assert.equal((await universe.dig('nothing.well.', 'A')).status, 'NXDOMAIN');
    assert.ok((await Promise.all(second)).every(rcode => rcode === rcodes.SERVFAIL));
    const cost = (universe.servers[11]?.calls.length ?? 0) - before;
    assert.ok(cost <= 20, `${cost}`);
    assert.ok((await universe.metric('anycast_resolver_recursion_limits_total{limit="zone-gone"}')) >= 90);
    assert.equal(await universe.metric('anycast_resolver_lookups_under_way'), 0);
  });
});
