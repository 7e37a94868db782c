import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openUniverse, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a, ds } from '../../resolver/messages.ts';

const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [ds('test.')],
    delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
  },
  11: {
    origin: 'test.',
    records: [ds('signed.test.')],
    delegations: {
      'signed.test.': { ns: ['ns.signed.test.'], glue: [a('ns.signed.test.', at(12))] },
      'plain.test.': { ns: ['ns.plain.test.'], glue: [a('ns.plain.test.', at(13))] },
    },
  },
  12: { origin: 'signed.test.', records: [a('www.signed.test.', '192.0.2.1')] },
  13: { origin: 'plain.test.', records: [a('www.plain.test.', '192.0.2.2')] },
});

describe('RFC 4035 section 3.1.4.1: DS records are the parent’s to give', () => {
  for (const isKnown of [false, true]) {
    it(`the parent is asked${isKnown ? ', though the child’s servers are known' : ''}`, async () => {
      await using universe = await openUniverse({ servers: tree });
      if (isKnown) {
        await universe.dig('www.signed.test.', 'A');
        await universe.dig('www.plain.test.', 'A');
      }
      const { answers } = await universe.dig('signed.test.', 'DS');
      assert.equal(answers.length, 1);
      const none = await universe.dig('plain.test.', 'DS');
      assert.equal(none.status, 'NOERROR');
      assert.match(none.authorities[0] ?? '', /^test\. .* SOA /);
      assert.equal((await universe.dig('test.', 'DS')).answers.length, 1);
      assert.equal(universe.servers[12]?.calls.length, isKnown ? 1 : 0);
      // Below the cut the child is asked after it as before.
      assert.equal((await universe.dig('www.signed.test.', 'A')).answers.length, 1);
    });
  }
});
