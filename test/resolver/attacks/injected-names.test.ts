/**
 * Dots and NULs inside labels (Jeitner and Shulman, USENIX Security 2021): who joins labels to text and takes them apart
 * again has one name for two. Here a name is octets throughout: neither cache nor bailiwick mixes them up.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalNames } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript } from '../iterator/universe.ts';
import { a, cname, name } from '../messages.ts';
import { replyTo } from '../scripted-upstream.ts';

/** bank. 12 is honest; evil. 11 answers every name with its own address, or as an alias of `target`. */
const withEvil =
  (target?: string) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: {
        'evil.': { ns: ['ns.evil.'], glue: [a('ns.evil.', at(11))] },
        'bank.': { ns: ['ns.bank.'], glue: [a('ns.bank.', at(12))] },
      },
    },
    11: ({ query, send }) => {
      const [asked] = query.questions;
      if (!asked) return;
      const flags = { ...query.flags, qr: true, aa: true };
      const record =
        target === undefined || equalNames(asked.name, name(target))
          ? a('x.', '192.0.2.66')
          : cname('x.', target);
      send(replyTo(query, { flags, answers: [{ ...record, name: asked.name }] }));
    },
    12: { origin: 'bank.', records: [a('www.bank.', '192.0.2.1')] },
  });

describe('names with a dot or a NUL in a label', () => {
  for (const text of [
    String.raw`www\.bank.evil.`,
    String.raw`www.bank\.evil.`,
    String.raw`www.bank\000.evil.`,
    String.raw`www\.bank\000.evil.`,
  ]) {
    it(`are names of their own: ${text}`, async () => {
      await using universe = await openUniverse({ servers: withEvil() });
      assert.equal(
        (await universe.dig(text, 'A')).status,
        text.includes('bank\\.evil') ? 'NXDOMAIN' : 'NOERROR',
      );
      const bank = await universe.dig('www.bank.', 'A');
      assert.deepEqual(bank.answers, ['www.bank. 300 IN A 192.0.2.1']);
      assert.equal(universe.servers[12]?.calls.length, 1);
    });
  }

  for (const target of [String.raw`www\.bank.evil.`, String.raw`www.bank\000.evil.`]) {
    it(`are as targets of aliases what they are as names: ${target}`, async () => {
      await using universe = await openUniverse({ servers: withEvil(target) });
      const dug = await universe.dig('start.evil.', 'A');
      assert.deepEqual(dug.answers, [`start.evil. 300 IN CNAME ${target}`, `${target} 300 IN A 192.0.2.66`]);
      assert.deepEqual((await universe.dig('www.bank.', 'A')).answers, ['www.bank. 300 IN A 192.0.2.1']);
    });
  }

  it('do not bring a name into a zone that it only looks to be in', async () => {
    await using universe = await openUniverse({ servers: withEvil() });
    // One label `www.bank`, at the top: no delegation of bank. is above it.
    assert.equal((await universe.dig(String.raw`www\.bank.`, 'A')).status, 'NXDOMAIN');
    assert.equal(universe.servers[12]?.calls.length, 0);
  });
});
