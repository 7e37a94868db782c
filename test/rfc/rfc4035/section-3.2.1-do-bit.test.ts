import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalNames } from '../../../src/dns/name.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { openUniverse, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a, cname, name, nsec, rrsig, soa } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

const signer = 'signed.';

/** signed. 11: www, nothing else but a wildcard under w, and wildcard aliases under c. */
const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: { 'signed.': { ns: ['ns.signed.'], glue: [a('ns.signed.', at(11))] } },
  },
  11: ({ query, send }) => {
    const asked = query.questions[0];
    const is = (text: string): boolean => asked !== undefined && equalNames(asked.name, name(text));
    const flags = { ...query.flags, qr: true, aa: true };
    const proof = [nsec('w.signed.', 'x.signed.'), rrsig('w.signed.', { covers: 'NSEC', labels: 2, signer })];
    if (is('www.signed.') && asked?.type === recordTypes.A) {
      const answers = [
        a('www.signed.', '192.0.2.1'),
        rrsig('www.signed.', { covers: 'A', labels: 2, signer }),
      ];
      send(replyTo(query, { flags, answers }));
    } else if (is('any.w.signed.')) {
      const answers = [
        a('any.w.signed.', '192.0.2.2'),
        rrsig('any.w.signed.', { covers: 'A', labels: 2, signer }),
      ];
      send(replyTo(query, { flags, answers, authorities: proof }));
    } else if (is('any.c.signed.')) {
      const owner = 'any.c.signed.';
      const answers = [cname(owner, 'www.signed.'), rrsig(owner, { covers: 'CNAME', labels: 2, signer })];
      send(replyTo(query, { flags, answers, authorities: proof }));
    } else {
      const exists = is('w.signed.') || is('c.signed.') || is('www.signed.');
      const authorities = [soa('signed.'), rrsig('signed.', { covers: 'SOA', labels: 1, signer }), ...proof];
      send(replyTo(query, { rcode: exists ? 0 : 3, flags, authorities }));
    }
  },
});

const signatures = /\b(RRSIG|NSEC)\b/;

describe('RFC 4035 section 3.2.1: DNSSEC records come along for those who ask for them', () => {
  for (const [what, owner, count] of [
    ['data', 'www.signed.', 1],
    ['a denial', 'none.signed.', 3],
    ['data of a wildcard, with the proof that it was right to answer', 'any.w.signed.', 3],
    ['an alias of a wildcard, with that proof too', 'any.c.signed.', 4],
  ] as const) {
    for (const order of [
      [false, true, false],
      [true, false, true],
    ]) {
      it(`${what}: ${order.map(isDo => (isDo ? 'with DO' : 'without')).join(', then ')}`, async () => {
        await using universe = await openUniverse({ servers: tree });
        for (const isDo of order) {
          const { text, answers, authorities } = await universe.dig(
            isDo ? '+dnssec' : '+nodnssec',
            owner,
            'A',
          );
          const found = [...answers, ...authorities].filter(line => signatures.test(line));
          assert.equal(found.length, isDo ? count : 0, text);
        }
      });
    }
  }

  it('without DO an RRSIG or NSEC record that was asked for is given all the same', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: { 'signed.': { ns: ['ns.signed.'], glue: [a('ns.signed.', at(11))] } },
        },
        11: { origin: 'signed.', records: [nsec('www.signed.', 'x.signed.')] },
      }),
    });
    assert.equal((await universe.dig('+nodnssec', 'www.signed.', 'NSEC')).answers.length, 1);
  });
});
