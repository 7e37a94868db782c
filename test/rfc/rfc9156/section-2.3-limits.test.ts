import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServedZone, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a } from '../../resolver/messages.ts';

const deep = (labels: number): string =>
  `${Array.from({ length: labels - 1 }, (_, i) => `l${i}`).join('.')}.test.`;

const tree =
  (zone: Partial<ServedZone>) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
    },
    11: { origin: 'test.', records: [], ...zone },
  });

describe('RFC 9156 section 2.3: limits on queries with shortened names', () => {
  for (const labels of [5, 12, 20, 34]) {
    it(`a name of ${labels} labels costs no more than ten beside its own`, async () => {
      const owner = deep(labels);
      await using universe = await openUniverse({ servers: tree({ records: [a(owner, '192.0.2.1')] }) });
      assert.deepEqual((await universe.dig(owner, 'A')).answers, [`${owner} 300 IN A 192.0.2.1`]);
      // One of the shortened names went to the root.
      assert.ok(universe.sent() <= 11, `${universe.sent()}`);
      const asked = (universe.servers[11]?.calls ?? []).map(({ query }) =>
        formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase(),
      );
      assert.equal(asked.at(-1), owner);
      for (const [index, name] of asked.entries()) {
        assert.ok(owner.endsWith(name));
        assert.ok(name.length > (asked[index - 1] ?? 'test.').length);
      }
    });
  }

  it('a name that does not exist costs one shortened name more, not each of its labels', async () => {
    await using universe = await openUniverse({ servers: tree({}) });
    assert.equal((await universe.dig(deep(30), 'A')).status, 'NXDOMAIN');
    assert.equal(universe.sent(), 3);
  });

  it('switched off, the whole name goes everywhere', async () => {
    const owner = deep(6);
    await using universe = await openUniverse({
      servers: tree({ records: [a(owner, '192.0.2.1')] }),
      recursion: ['qnameMinimisation: false'],
    });
    assert.equal((await universe.dig(owner, 'A')).answers.length, 1);
    assert.equal(universe.sent(), 2);
  });
});
