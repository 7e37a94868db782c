import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { findOption, optionCodes } from '../../../src/dns/edns.ts';
import { encodeMessage } from '../../../src/dns/message.ts';
import { paddingOption } from '../../../src/dns/options/padding.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { type GuardedResponder, messageOf, openGuardedResponder } from '../../resolver/guarded-responder.ts';
import { a, edns, query } from '../../resolver/messages.ts';

const padded = query('www.test.', 'A', { edns: edns({ options: [paddingOption(20)] }) });

describe('RFC 7830, the padding option', () => {
  let server: GuardedResponder;
  before(async () => {
    server = await openGuardedResponder({
      resolve: () => ({ ...emptyReply(rcodes.NOERROR), answers: [a('www.test.', '192.0.2.1')] }),
    });
  });
  after(async () => await server[Symbol.asyncDispose]());
  const padding = (asked = padded, transport: 'udp' | 'tcp' | 'dot' | 'doh' = 'dot') =>
    findOption(messageOf(server.ask(asked, { transport })).edns, optionCodes.padding)?.data;

  it('section 3: is zeroes', () => {
    assert.ok(padding()?.every(octet => octet === 0));
  });

  it('section 4: is in the reply where it is in the query, and only there', () => {
    assert.ok(padding(padded, 'dot'));
    assert.ok(padding(padded, 'doh'));
    assert.equal(padding(query('www.test.', 'A', { edns: edns() })), undefined);
    assert.equal(padding(query('www.test.')), undefined);
  });

  it('section 3: its content in the query means nothing, nor does its length', () => {
    for (const length of [0, 1, 300]) {
      const data = new Uint8Array(length).fill(0xff);
      const options = [{ code: optionCodes.padding, data }];
      assert.ok(padding(query('www.test.', 'A', { edns: edns({ options }) })));
    }
  });

  it('section 6: is never sent where everyone can read what it hides', () => {
    assert.equal(padding(padded, 'udp'), undefined);
    assert.equal(padding(padded, 'tcp'), undefined);
  });

  it('is on refusals too, so that they look like answers', () => {
    const questions = [...padded.questions, ...padded.questions];
    const sent = server.ask(encodeMessage({ ...padded, questions }), { transport: 'doh' });
    assert.equal(messageOf(sent).rcode, rcodes.FORMERR);
    assert.equal(sent && sent !== 'waiting' && sent.octets.length, 468);
  });
});
