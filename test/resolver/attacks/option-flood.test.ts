import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EdnsOption } from '../../../src/dns/edns.ts';
import { encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { messageOf, openGuardedResponder } from '../guarded-responder.ts';
import { edns, query } from '../messages.ts';

const secrets = ['000102030405060708090a0b0c0d0e0f'];
const open = () => openGuardedResponder({ resolve: () => emptyReply(rcodes.NOERROR), secrets });
const asked = (options: readonly EdnsOption[]): Uint8Array =>
  encodeMessage(query('www.test.', 'A', { edns: edns({ options }) }));
const many = (count: number, code: number, length: number): EdnsOption[] =>
  Array.from({ length: count }, () => ({ code, data: new Uint8Array(length) }));

describe('floods of EDNS options', () => {
  it('are read up to 32, of which one kind is answered once', async () => {
    await using server = await open();
    for (const code of [3, 8, 10, 12, 65_001]) {
      const reply = messageOf(server.ask(asked(many(32, code, 8))));
      assert.equal(reply.rcode, rcodes.NOERROR, `option ${code}`);
      assert.ok((reply.edns?.options.length ?? 0) <= 1);
    }
  });

  it('beyond that get FORMERR, and no more octets than they had', async () => {
    await using server = await open();
    for (const code of [3, 10, 65_001]) {
      const sent = server.ask(asked(many(33, code, 8)));
      assert.equal(messageOf(sent).rcode, rcodes.FORMERR);
      assert.ok(sent && sent !== 'waiting' && sent.octets.length < 20);
    }
  });

  it('of any length are answered with what a short one gets', async () => {
    await using server = await open();
    for (const data of [0, 1000, 60_000]) {
      const reply = messageOf(server.ask(asked(many(1, 65_001, data)), { transport: 'tcp' }));
      assert.deepEqual([reply.rcode, reply.edns?.options], [rcodes.NOERROR, []]);
    }
  });

  it('that run over the record, and a second OPT record, get FORMERR', async () => {
    await using server = await open();
    const octets = asked(many(1, 65_001, 4));
    const lengthAt = octets.length - 5;
    assert.equal(octets[lengthAt], 4);
    for (const length of [3, 5, 255])
      assert.equal(messageOf(server.ask(octets.with(lengthAt, length))).rcode, rcodes.FORMERR);
    const opt = octets.slice(octets.length - 19);
    const twice = Uint8Array.of(...octets, ...opt).with(11, 2);
    assert.equal(messageOf(server.ask(twice)).rcode, rcodes.FORMERR);
  });
});
