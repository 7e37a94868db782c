/**
 * Records that nobody asked for, and delegations that lead where they must not (Kaminsky 2008, CVE-2025-40778,
 * CVE-2025-59023): they are neither given to the client nor used for anything.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript, type Universe } from '../iterator/universe.ts';
import { a, cname, dname, ns, soa } from '../messages.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';

type Says = (owner: string, at: (octet: number) => string) => Partial<Message>;

/** bank. 12 is honest; evil. 11 says what `says` says; 13 pretends to have bank. */
const withEvil =
  (says: Says) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: {
        'evil.': { ns: ['ns.evil.'], glue: [a('ns.evil.', at(11))] },
        'bank.': { ns: ['ns.bank.'], glue: [a('ns.bank.', at(12))] },
      },
    },
    11: ({ query, send }: UpstreamCall) => {
      const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
      send(replyTo(query, { flags: { ...query.flags, qr: true, aa: true }, ...says(owner, at) }));
    },
    12: { origin: 'bank.', records: [a('www.bank.', '192.0.2.1'), a('ns.bank.', at(12))] },
    13: ({ query, send }: UpstreamCall) =>
      send(
        replyTo(query, {
          flags: { ...query.flags, qr: true, aa: true },
          answers: [a('www.bank.', '192.0.2.66')],
        }),
      ),
  });

async function bankIsWell(universe: Universe): Promise<void> {
  assert.deepEqual((await universe.dig('www.bank.', 'A')).answers, ['www.bank. 300 IN A 192.0.2.1']);
  assert.equal((await universe.dig('nothing.bank.', 'A')).status, 'NXDOMAIN');
  assert.equal(universe.servers[13]?.calls.length, 0);
}

const notAa = { qr: true, aa: false, tc: false, rd: false, ra: false, ad: false, cd: false };

describe('records beside the answer', () => {
  it('are neither given nor kept, whichever section they stand in', async () => {
    const says: Says = (owner, at) => {
      if (owner === 'other.evil.') return { answers: [a(owner, '192.0.2.2')] };
      const extras = (ip: string) => [
        a('www.bank.', ip),
        ns('bank.', 'ns.evil.'),
        cname('bank.', 'evil.'),
        dname('bank.', 'evil.'),
        ns('.', 'ns.evil.'),
        dname('.', 'evil.'),
        a('ns.bank.', at(13)),
        a('other.evil.', '192.0.2.66'),
      ];
      return {
        answers: [a(owner, '192.0.2.3'), ...extras('192.0.2.66')],
        authorities: extras('192.0.2.67'),
        additionals: extras('192.0.2.68'),
      };
    };
    await using universe = await openUniverse({ servers: withEvil(says) });
    const { answers, authorities, text } = await universe.dig('www.evil.', 'A');
    assert.deepEqual(answers, ['www.evil. 300 IN A 192.0.2.3']);
    assert.deepEqual(authorities, []);
    assert.match(text, /ADDITIONAL: 1/);
    await bankIsWell(universe);
    assert.deepEqual((await universe.dig('other.evil.', 'A')).answers, ['other.evil. 300 IN A 192.0.2.2']);
  });

  it('at the end of an alias are asked for where they belong', async () => {
    const says: Says = owner => ({ answers: [cname(owner, 'www.bank.'), a('www.bank.', '192.0.2.66')] });
    await using universe = await openUniverse({ servers: withEvil(says) });
    assert.deepEqual((await universe.dig('www.evil.', 'A')).answers, [
      'www.evil. 300 IN CNAME www.bank.',
      'www.bank. 300 IN A 192.0.2.1',
    ]);
    await bankIsWell(universe);
  });

  it('deny nothing outside the zone', async () => {
    const says: Says = owner => ({
      rcode: 3,
      answers: [cname(owner, 'www.bank.')],
      authorities: [soa('bank.'), soa('.')],
    });
    await using universe = await openUniverse({ servers: withEvil(says) });
    assert.equal((await universe.dig('www.evil.', 'A')).status, 'NOERROR');
    await bankIsWell(universe);
  });

  it('count for nothing in another class', async () => {
    const chaos = { ...a('www.evil.', '192.0.2.66'), class: 3 };
    const says: Says = () => ({
      answers: [chaos],
      authorities: [{ ...ns('www.evil.', 'ns.bank.'), class: 3 }],
    });
    await using universe = await openUniverse({ servers: withEvil(says) });
    assert.deepEqual((await universe.dig('www.evil.', 'A')).answers, []);
    await bankIsWell(universe);
  });

  it('with NXDOMAIN, the answer counts', async () => {
    const says: Says = owner => ({ rcode: 3, answers: [a(owner, '192.0.2.3')], authorities: [soa('evil.')] });
    await using universe = await openUniverse({ servers: withEvil(says) });
    const { status, answers } = await universe.dig('www.evil.', 'A');
    assert.equal(status, 'NOERROR');
    assert.equal(answers.length, 1);
  });
});

describe('a delegation', () => {
  for (const [what, zone] of Object.entries({
    upward: '.',
    sideways: 'bank.',
    'to the zone itself': 'evil.',
    'to a sister of the name': 'x.evil.',
  })) {
    it(`that leads ${what} is none`, async () => {
      const says: Says = (_, at) => ({
        flags: notAa,
        authorities: [ns(zone, 'ns.evil.')],
        additionals: [a('ns.evil.', at(13))],
      });
      await using universe = await openUniverse({ servers: withEvil(says) });
      assert.equal((await universe.dig('www.evil.', 'A')).status, 'SERVFAIL');
      assert.ok(universe.sent() <= 4, `${universe.sent()}`);
      await bankIsWell(universe);
    });
  }

  it('may not bring the address of a server outside the zone', async () => {
    const says: Says = (_, at) => ({
      flags: notAa,
      authorities: [ns('x.evil.', 'ns.bank.')],
      additionals: [a('ns.bank.', at(13))],
    });
    await using universe = await openUniverse({ servers: withEvil(says) });
    // The bank's own server is asked, which does not have the zone.
    assert.equal((await universe.dig('www.x.evil.', 'A')).status, 'SERVFAIL');
    await bankIsWell(universe);
  });
});
