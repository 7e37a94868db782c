import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a, soa } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

/** test. 11: *.test. and host.test. have data, sub.ent.test. makes ent.test. exist. */
const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
  },
  11: ({ query, send }) => {
    const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
    const flags = { ...query.flags, qr: true, aa: true };
    if (owner === 'host.test.' || owner === 'sub.ent.test.')
      send(replyTo(query, { flags, answers: [a(owner, '192.0.2.2')] }));
    else if (owner === 'ent.test.' || owner === 'test.')
      send(replyTo(query, { flags, authorities: [soa('test.')] }));
    else if (owner.endsWith('.ent.test.') || owner.endsWith('.host.test.'))
      send(replyTo(query, { rcode: 3, flags, authorities: [soa('test.')] }));
    else send(replyTo(query, { flags, answers: [a(owner, '192.0.2.1')] }));
  },
});

describe('RFC 4592: names that a wildcard makes, as a resolver sees them', () => {
  it('section 3.3.1: each name is asked for and kept on its own; one says nothing of the next', async () => {
    await using universe = await openUniverse({ servers: tree });
    assert.deepEqual((await universe.dig('one.test.', 'A')).answers, ['one.test. 300 IN A 192.0.2.1']);
    assert.deepEqual((await universe.dig('host.test.', 'A')).answers, ['host.test. 300 IN A 192.0.2.2']);
    assert.deepEqual((await universe.dig('far.below.test.', 'A')).answers, [
      'far.below.test. 300 IN A 192.0.2.1',
    ]);
  });

  it('section 2.2.2: an empty name that exists keeps the wildcard from its subtree', async () => {
    await using universe = await openUniverse({ servers: tree });
    assert.equal((await universe.dig('ent.test.', 'A')).status, 'NOERROR');
    assert.equal((await universe.dig('other.ent.test.', 'A')).status, 'NXDOMAIN');
    assert.equal((await universe.dig('sub.ent.test.', 'A')).answers.length, 1);
    assert.equal((await universe.dig('below.host.test.', 'A')).status, 'NXDOMAIN');
  });

  it('section 2.1.1: the wildcard itself is a name like any other to ask for', async () => {
    await using universe = await openUniverse({ servers: tree });
    assert.deepEqual((await universe.dig('*.test.', 'A')).answers, ['*.test. 300 IN A 192.0.2.1']);
    assert.equal((await universe.dig('two.test.', 'A')).answers.length, 1);
    assert.ok((universe.servers[11]?.calls.length ?? 0) >= 2);
  });
});
