import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalNames } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse, serve } from '../../resolver/iterator/universe.ts';
import { a, name, soa } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

describe('RFC 9156 section 4: servers that answer wrongly for names that only have others below them', () => {
  for (const rcode of ['NXDOMAIN', 'REFUSED', 'SERVFAIL', 'NOTIMP', 'FORMERR', 'NOTAUTH'] as const) {
    it(`${rcode} does not keep the whole name from being found, the second time neither`, async () => {
      const records = ['www.a.b.test.', 'www.c.d.test.'].map(owner => a(owner, '192.0.2.1'));
      await using universe = await openUniverse({
        servers: at => ({
          10: {
            origin: '.',
            records: [],
            delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
          },
          11: ({ query, send }) => {
            const asked = query.questions[0]?.name ?? name('.');
            if (records.some(record => equalNames(record.name, asked)))
              return send(serve({ origin: 'test.', records }, query));
            const flags = { ...query.flags, qr: true, aa: true };
            send(
              replyTo(query, {
                rcode: rcodes[rcode],
                flags,
                authorities: rcode === 'NXDOMAIN' ? [soa('test.')] : [],
              }),
            );
          },
        }),
      });
      for (const { name: owner } of records) {
        const text = equalNames(owner, name('www.a.b.test.')) ? 'www.a.b.test.' : 'www.c.d.test.';
        assert.deepEqual((await universe.dig(text, 'A')).answers, [`${text} 300 IN A 192.0.2.1`]);
      }
    });
  }
});
