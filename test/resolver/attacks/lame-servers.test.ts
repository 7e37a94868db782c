/** Servers that are named for a zone and do not have it: another is asked; and RRsets too large to be meant. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse, type ServerScript } from '../iterator/universe.ts';
import { a, ns } from '../messages.ts';
import { replyTo } from '../scripted-upstream.ts';

const flags = { qr: true, aa: false, tc: false, rd: false, ra: false, ad: false, cd: false };

const lame: Readonly<Record<string, Partial<Message>>> = {
  REFUSED: { rcode: rcodes.REFUSED, flags },
  NOTAUTH: { rcode: rcodes.NOTAUTH, flags },
  SERVFAIL: { rcode: rcodes.SERVFAIL, flags },
  'a referral to the root': { flags, authorities: [ns('.', 'a.root.test.')] },
  'a referral to the zone itself': { flags, authorities: [ns('zone.', 'ns1.zone.')] },
  'an empty answer without AA': { flags },
  'NXDOMAIN without AA and SOA record': { rcode: rcodes.NXDOMAIN, flags },
};

const zone =
  (says: Partial<Message>, hasGood: boolean) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: {
        'zone.': {
          ns: ['ns1.zone.', 'ns2.zone.', 'ns3.zone.'],
          glue: [a('ns1.zone.', at(11)), a('ns2.zone.', at(12)), a('ns3.zone.', at(13))],
        },
      },
    },
    11: ({ query, send }) => send(replyTo(query, says)),
    12: ({ query, send }) => send(replyTo(query, says)),
    13: hasGood
      ? { origin: 'zone.', records: [a('www.zone.', '192.0.2.1'), a('www2.zone.', '192.0.2.2')] }
      : ({ query, send }) => send(replyTo(query, says)),
  });

describe('servers that do not have the zone', () => {
  for (const [what, says] of Object.entries(lame)) {
    it(`are passed over: ${what}`, async () => {
      await using universe = await openUniverse({ servers: zone(says, true) });
      for (const [label, ip] of [
        ['www', '192.0.2.1'],
        ['www2', '192.0.2.2'],
      ])
        assert.deepEqual((await universe.dig(`${label}.zone.`, 'A')).answers, [
          `${label}.zone. 300 IN A ${ip}`,
        ]);
    });

    it(`are each asked once where there are no others: ${what}`, async () => {
      await using universe = await openUniverse({ servers: zone(says, false) });
      assert.equal((await universe.dig('www.zone.', 'A')).status, 'SERVFAIL');
      assert.ok(universe.sent() <= 4, `${universe.sent()}`);
    });
  }
});

describe('an RRset of more than 256 records', () => {
  it('is no answer, rather than a part of one', async () => {
    const records = Array.from({ length: 300 }, (_, i) =>
      a('www.zone.', `192.0.2.${i % 256}`, 300 + (i >> 8)),
    );
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: { 'zone.': { ns: ['ns.zone.'], glue: [a('ns.zone.', at(11))] } },
        },
        11: ({ query, transport, send }) => {
          const aa = { ...flags, aa: true };
          send(
            replyTo(
              query,
              transport === 'udp' ? { flags: { ...aa, tc: true } } : { flags: aa, answers: records },
            ),
          );
        },
      }),
    });
    const { status, answers } = await universe.dig('www.zone.', 'A');
    assert.equal(status, 'SERVFAIL');
    assert.deepEqual(answers, []);
  });
});
