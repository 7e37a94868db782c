import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse, type ServerScript } from '../../resolver/iterator/universe.ts';
import { a, cname, dname } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

/** old. 11 says what `says` says; new. 12 is honest. */
const tree =
  (says: (owner: string) => Partial<Message>) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: {
        'old.': { ns: ['ns.old.'], glue: [a('ns.old.', at(11))] },
        'new.': { ns: ['ns.new.'], glue: [a('ns.new.', at(12))] },
      },
    },
    11: ({ query, send }) => {
      const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
      send(replyTo(query, { flags: { ...query.flags, qr: true, aa: true }, ...says(owner) }));
    },
    12: { origin: 'new.', records: [a('www.new.', '192.0.2.1'), a('mail.new.', '192.0.2.2')] },
  });

const redirected = (label: string, address: string) => [
  'old. 300 IN DNAME new.',
  `${label}.old. 300 IN CNAME ${label}.new.`,
  `${label}.new. 300 IN A ${address}`,
];

describe('RFC 6672 section 3: DNAME in a resolver', () => {
  it('3.4.1: makes the CNAME record itself where the server sends none', async () => {
    await using universe = await openUniverse({
      servers: tree(() => ({ answers: [dname('old.', 'new.')] })),
    });
    assert.deepEqual((await universe.dig('www.old.', 'A')).answers, redirected('www', '192.0.2.1'));
  });

  it('3.1: does not believe a CNAME record that is not what the DNAME record makes', async () => {
    const says = (owner: string) => ({ answers: [dname('old.', 'new.'), cname(owner, 'mail.new.', 9999)] });
    await using universe = await openUniverse({ servers: tree(says) });
    assert.deepEqual((await universe.dig('www.old.', 'A')).answers, redirected('www', '192.0.2.1'));
  });

  it('3.4.1: uses the DNAME record it has for other names below', async () => {
    await using universe = await openUniverse({
      servers: tree(() => ({ answers: [dname('old.', 'new.')] })),
    });
    await universe.dig('www.old.', 'A');
    assert.deepEqual((await universe.dig('mail.old.', 'A')).answers, redirected('mail', '192.0.2.2'));
    assert.equal(universe.servers[11]?.calls.length, 1);
  });

  it('3.1: gives the CNAME record it makes to who asks for that, and follows it no further', async () => {
    const says = (owner: string) => ({ answers: [dname('old.', 'new.'), cname(owner, 'mail.new.')] });
    await using universe = await openUniverse({ servers: tree(says) });
    for (const label of ['www', 'mail'])
      assert.deepEqual((await universe.dig(`${label}.old.`, 'CNAME')).answers, [
        'old. 300 IN DNAME new.',
        `${label}.old. 300 IN CNAME ${label}.new.`,
      ]);
    assert.equal(universe.servers[11]?.calls.length, 1);
  });

  it('2.3: the owner itself is not redirected', async () => {
    const says = (owner: string) => ({
      answers: owner === 'old.' ? [a('old.', '192.0.2.3')] : [dname('old.', 'new.')],
    });
    await using universe = await openUniverse({ servers: tree(says) });
    await universe.dig('www.old.', 'A');
    assert.deepEqual((await universe.dig('old.', 'A')).answers, ['old. 300 IN A 192.0.2.3']);
  });

  it('2.2: YXDOMAIN where the redirected name would be too long', async () => {
    const label = 'x'.repeat(60);
    const says = () => ({
      rcode: rcodes.YXDOMAIN,
      answers: [dname('old.', `${label}.${label}.${label}.new.`)],
    });
    await using universe = await openUniverse({ servers: tree(says) });
    const { status, answers } = await universe.dig(`${label}.${label}.old.`, 'A');
    assert.equal(status, 'YXDOMAIN');
    assert.equal(answers.length, 1);
  });
});
