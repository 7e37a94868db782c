import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openUniverse, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a, cname } from '../../resolver/messages.ts';

const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: {
      'one.': { ns: ['ns.one.'], glue: [a('ns.one.', at(11))] },
      'two.': { ns: ['dead.two.', 'ns.two.'], glue: [a('dead.two.', at(13)), a('ns.two.', at(12))] },
    },
  },
  11: { origin: 'one.', records: [cname('alias.one.', 'www.two.'), cname('nowhere.one.', 'nothing.two.')] },
  12: { origin: 'two.', records: [a('www.two.', '192.0.2.1')] },
});

describe('RFC 1034 section 5.3.3: the resolver’s algorithm', () => {
  it('step 1: what is known locally is given without asking anybody', async () => {
    await using universe = await openUniverse({ servers: tree });
    await universe.dig('www.two.', 'A');
    const sent = universe.sent();
    assert.equal((await universe.dig('www.two.', 'A')).answers.length, 1);
    assert.equal(universe.sent(), sent);
  });

  it('step 2: the nearest known servers are asked, not those above', async () => {
    await using universe = await openUniverse({ servers: tree });
    await universe.dig('www.two.', 'A');
    await universe.dig('other.two.', 'A');
    assert.equal(universe.servers[10]?.calls.length, 1);
  });

  it('step 3: where one server says nothing another is asked', async () => {
    await using universe = await openUniverse({ servers: tree });
    for (const owner of ['www.two.', 'b.two.', 'c.two.', 'd.two.'])
      assert.match((await universe.dig(owner, 'A')).status, /NOERROR|NXDOMAIN/);
  });

  it('step 4c: an alias begins anew with its target, and its record stands in front', async () => {
    await using universe = await openUniverse({ servers: tree });
    assert.deepEqual((await universe.dig('alias.one.', 'A')).answers, [
      'alias.one. 300 IN CNAME www.two.',
      'www.two. 300 IN A 192.0.2.1',
    ]);
    assert.deepEqual((await universe.dig('alias.one.', 'CNAME')).answers, [
      'alias.one. 300 IN CNAME www.two.',
    ]);
    const nowhere = await universe.dig('nowhere.one.', 'A');
    assert.equal(nowhere.status, 'NXDOMAIN');
    assert.deepEqual(nowhere.answers, ['nowhere.one. 300 IN CNAME nothing.two.']);
  });
});
