import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { extendedErrorOption, readExtendedErrors } from '../../../src/dns/options/extended-error.ts';
import { nsidOption, readNsid } from '../../../src/dns/options/nsid.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { messageOf, openGuardedResponder } from '../../resolver/guarded-responder.ts';
import { edns, query, txt } from '../../resolver/messages.ts';

const long = extendedErrorOption({ infoCode: 0, text: 'x'.repeat(1000) });
const withRecords: Reply = {
  ...emptyReply(rcodes.NOERROR),
  answers: [txt('www.test.', 'y'.repeat(250)), txt('www.test.', 'z'.repeat(250))],
};

async function reply(given: Reply, transport: 'udp' | 'tcp' = 'udp') {
  await using server = await openGuardedResponder({ resolve: () => given });
  return messageOf(server.ask(query('www.test.', 'TXT', { edns: edns() }), { transport }));
}

describe('RFC 8914 section 3, extended errors and truncation', () => {
  it('errors are left out before any record is, and the TC bit says so', async () => {
    const message = await reply({ ...withRecords, options: [long] });
    assert.equal(message.answers.length, 2);
    assert.deepEqual(readExtendedErrors(message.edns), []);
    assert.equal(message.flags.tc, true);
  });

  it('all is there where it fits, and over TCP', async () => {
    for (const [given, transport] of [
      [{ ...withRecords, options: [extendedErrorOption({ infoCode: 3, text: 'old' })] }, 'udp'],
      [{ ...withRecords, options: [long] }, 'tcp'],
    ] as const) {
      const message = await reply(given, transport);
      assert.equal(message.answers.length, 2);
      assert.equal(readExtendedErrors(message.edns).length, 1);
      assert.equal(message.flags.tc, false);
    }
  });

  it('other options stay', async () => {
    const nsid = nsidOption(Uint8Array.of(1, 2, 3));
    const message = await reply({ ...withRecords, options: [long, nsid] });
    assert.deepEqual(readNsid(message.edns), Uint8Array.of(1, 2, 3));
    assert.equal(message.answers.length, 2);
  });

  it('section 2: a client without EDNS gets the rcode alone', async () => {
    await using server = await openGuardedResponder({
      resolve: () => emptyReply(rcodes.SERVFAIL, 'noReachableAuthority'),
    });
    const message = messageOf(server.ask(query('www.test.')));
    assert.equal(message.rcode, rcodes.SERVFAIL);
    assert.equal(message.edns, undefined);
  });
});
