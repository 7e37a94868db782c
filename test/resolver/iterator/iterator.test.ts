import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { a, cname, txt } from '../messages.ts';
import { openUniverse, type ServerScript } from './universe.ts';

/** root 10, test. 11, leaf.test. 12, other.test. 13 (its server is named in leaf.test.). */
const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: { 'test.': { ns: ['ns.nic.test.'], glue: [a('ns.nic.test.', at(11))] } },
  },
  11: {
    origin: 'test.',
    records: [a('ns.nic.test.', at(11))],
    delegations: {
      'leaf.test.': { ns: ['ns.leaf.test.'], glue: [a('ns.leaf.test.', at(12))] },
      'other.test.': { ns: ['other-ns.leaf.test.'] },
    },
  },
  12: {
    origin: 'leaf.test.',
    records: [
      a('ns.leaf.test.', at(12)),
      a('other-ns.leaf.test.', at(13)),
      a('www.leaf.test.', '192.0.2.1'),
      a('deep.down.in.leaf.test.', '192.0.2.2'),
      cname('alias.leaf.test.', 'www.leaf.test.'),
      cname('away.leaf.test.', 'www.other.test.'),
      txt('www.leaf.test.', 'leaf'),
    ],
  },
  13: { origin: 'other.test.', records: [a('www.other.test.', '192.0.2.3')] },
});

const asked = (
  server:
    | { readonly calls: readonly { query: { questions: readonly { name: Uint8Array; type: number }[] } }[] }
    | undefined,
) =>
  (server?.calls ?? []).flatMap(({ query }) =>
    query.questions.map(
      ({ name, type }) => `${formatName(name).toLowerCase()} ${type === recordTypes.A ? 'A' : type}`,
    ),
  );

describe('the iterator', () => {
  it('goes from the root down, once, and then knows the way', async () => {
    await using universe = await openUniverse({ servers: tree });
    const first = await universe.dig('www.leaf.test.', 'A');
    assert.deepEqual(first.answers, ['www.leaf.test. 300 IN A 192.0.2.1']);
    assert.ok(first.flags.includes('ra'));
    assert.ok(!first.flags.includes('aa'));
    assert.equal(universe.sent(), 3);
    assert.deepEqual((await universe.dig('www.leaf.test.', 'TXT')).answers, [
      'www.leaf.test. 300 IN TXT "leaf"',
    ]);
    assert.equal(universe.sent(), 4);
    assert.equal((await universe.dig('www.leaf.test.', 'A')).answers.length, 1);
    assert.equal(universe.sent(), 4);
  });

  it('tells each server no more of the name than it must know', async () => {
    await using universe = await openUniverse({ servers: tree });
    const { status, answers } = await universe.dig('deep.down.in.leaf.test.', 'A');
    assert.equal(status, 'NOERROR');
    assert.equal(answers.length, 1);
    const { servers } = universe;
    assert.deepEqual(asked(servers[10]), ['test. A']);
    assert.deepEqual(asked(servers[11]), ['leaf.test. A']);
    assert.deepEqual(asked(servers[12]), [
      'in.leaf.test. A',
      'down.in.leaf.test. A',
      'deep.down.in.leaf.test. A',
    ]);
  });

  it('follows aliases, into other zones too, whose servers must be looked up first', async () => {
    await using universe = await openUniverse({ servers: tree });
    assert.deepEqual((await universe.dig('alias.leaf.test.', 'A')).answers, [
      'alias.leaf.test. 300 IN CNAME www.leaf.test.',
      'www.leaf.test. 300 IN A 192.0.2.1',
    ]);
    assert.deepEqual((await universe.dig('away.leaf.test.', 'A')).answers, [
      'away.leaf.test. 300 IN CNAME www.other.test.',
      'www.other.test. 300 IN A 192.0.2.3',
    ]);
  });

  it('tells what does not exist from what has no such data, and remembers both', async () => {
    await using universe = await openUniverse({ servers: tree });
    const nothing = await universe.dig('no.leaf.test.', 'A');
    assert.equal(nothing.status, 'NXDOMAIN');
    assert.match(nothing.authorities[0] ?? '', /^leaf\.test\. 60 IN SOA /);
    const empty = await universe.dig('www.leaf.test.', 'MX');
    assert.equal(empty.status, 'NOERROR');
    assert.equal(empty.answers.length, 0);
    const sent = universe.sent();
    assert.equal((await universe.dig('below.no.leaf.test.', 'MX')).status, 'NXDOMAIN');
    assert.equal((await universe.dig('www.leaf.test.', 'MX')).status, 'NOERROR');
    assert.equal(universe.sent(), sent);
  });

  it('answers SERVFAIL, saying why, where no server answers; and does not ask again at once', async () => {
    await using universe = await openUniverse({
      servers: at => ({ ...tree(at), 12: () => undefined }),
      resolver: ['queryTimeout: 500ms'],
    });
    const failed = await universe.dig('www.leaf.test.', 'A');
    assert.equal(failed.status, 'SERVFAIL');
    assert.match(failed.text, /EDE: 22/);
    const sent = universe.sent();
    const again = await universe.dig('www.leaf.test.', 'A');
    assert.equal(again.status, 'SERVFAIL');
    assert.match(again.text, /EDE: 13/);
    assert.equal(universe.sent(), sent);
  });
});
