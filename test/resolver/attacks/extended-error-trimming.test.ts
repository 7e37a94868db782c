import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { extendedErrorOption, readExtendedErrors } from '../../../src/dns/options/extended-error.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { messageOf, openGuardedResponder } from '../guarded-responder.ts';
import { edns, query, txt } from '../messages.ts';

describe('trimming extended errors (CVE-2024-1931: a loop without end)', () => {
  it("ends within the client's size, for any number of any length beside any records", async () => {
    let reply: Reply = emptyReply(rcodes.NOERROR);
    await using server = await openGuardedResponder({ resolve: () => reply, clients: ['rateLimit: off'] });
    const texts = fc.array(fc.string({ maxLength: 1500 }), { maxLength: 40 });
    const records = fc.array(
      fc.string({ maxLength: 200 }).map(text => txt('www.test.', text.slice(0, 60))),
      {
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(texts, records, fc.integer({ min: 512, max: 4096 }), (texts, answers, udpPayloadSize) => {
        const options = texts.map(text => extendedErrorOption({ infoCode: 0, text }));
        reply = { ...emptyReply(rcodes.NOERROR), answers, options };
        const sent = server.ask(query('www.test.', 'TXT', { edns: edns({ udpPayloadSize }) }));
        assert.ok(sent && sent !== 'waiting');
        assert.ok(sent.octets.length <= Math.min(udpPayloadSize, 1232));
        const message = messageOf(sent);
        // All or nothing: records are never short while errors take their place.
        if (readExtendedErrors(message.edns).length > 0) assert.equal(message.answers.length, answers.length);
      }),
      { numRuns: 200 },
    );
  });
});
