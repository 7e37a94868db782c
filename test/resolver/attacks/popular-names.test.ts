/** Floods of random names in zones that answer: what is learnt of them must not push out what clients use. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse } from '../iterator/universe.ts';
import { a, edns, query } from '../messages.ts';
import { askUdp } from '../test-resolver.ts';

const popular = Array.from({ length: 20 }, (_, index) => `host${index}.well.`);

describe('a flood of random names in a zone that denies them', () => {
  it('leaves popular names in a cache that is too small for both', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: {
            'flooded.': { ns: ['ns.flooded.'], glue: [a('ns.flooded.', at(11))] },
            'well.': { ns: ['ns.well.'], glue: [a('ns.well.', at(12))] },
          },
        },
        11: { origin: 'flooded.', records: [a('www.flooded.', '192.0.2.2')] },
        12: { origin: 'well.', records: popular.map(host => a(host, '192.0.2.1')) },
      }),
      // Room for some hundred answers.
      resolver: ['cache: { maxBytes: 262144 }'],
    });
    const { service: address, port } = universe.deployment;
    const ask = async (host: string): Promise<number> =>
      decodeMessage(await askUdp(encodeMessage(query(host, 'A', { edns: edns() })), { address, port })).rcode;
    const askForPopular = async (): Promise<void> => {
      for (const host of popular) assert.equal(await ask(host), rcodes.NOERROR);
    };
    await askForPopular();
    await askForPopular();
    const asked = universe.servers[12]?.calls.length;
    for (let wave = 0; wave < 10; wave += 1) {
      const flood = Array.from({ length: 60 }, (_, index) => ask(`x${wave}-${index}.flooded.`));
      assert.deepEqual(new Set(await Promise.all(flood)), new Set([rcodes.NXDOMAIN]));
      await askForPopular();
    }
    assert.equal(universe.servers[12]?.calls.length, asked);
    assert.ok((await universe.metric('anycast_resolver_cache_evictions_total{cache="answers"}')) > 200);
  });
});
