import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import {
  addressIn,
  right,
  rightAddress,
  rightAnswer,
  TestAuthorities,
} from '../../resolver/exchange/authorities-under-test.ts';
import { replyTo, type UpstreamCall } from '../../resolver/scripted-upstream.ts';

/** The reply of a server that does not know the OPT record. */
function withoutEdns(query: Message, fields: Partial<Message>): Message {
  const { edns: _, ...reply } = replyTo(query, fields);
  return reply;
}

function usesEdns(calls: readonly UpstreamCall[] = []): boolean[] {
  return calls.map(({ query }) => query.edns !== undefined);
}

describe('RFC 6891 section 7, asking servers that do not speak EDNS', () => {
  for (const [what, rcode] of [
    ['FORMERR', rcodes.FORMERR],
    ['NOTIMP', rcodes.NOTIMP],
  ] as const) {
    it(`asks again without EDNS after ${what}, and does so at once the next time`, async () => {
      await using under = new TestAuthorities();
      const [server] = await under.serve(({ query, send }) =>
        send(query.edns ? withoutEdns(query, { rcode, questions: [] }) : rightAnswer(query)),
      );
      for (let round = 0; round < 2; round += 1)
        assert.equal(addressIn(await under.ask(`n${round}.test.`)), rightAddress);
      assert.deepEqual(usesEdns(server?.calls), [true, false, false]);
      assert.equal(under.counters.ednsFallbacks, 1);
      assert.equal(under.authorities.servers()[0]?.speaksEdns, false);
    });
  }

  it('asks again without EDNS after BADVERS to version 0', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(({ query, send }) =>
      send(query.edns ? replyTo(query, { rcode: rcodes.BADVERS }) : rightAnswer(query)),
    );
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    assert.deepEqual(usesEdns(server?.calls), [true, false]);
  });

  it('remembers nothing when the same comes without EDNS: it is the question that could not be read', async () => {
    await using under = new TestAuthorities();
    await under.serve(({ query, send }) => send(withoutEdns(query, { rcode: rcodes.FORMERR })));
    const answer = await under.ask('www.test.');
    assert.equal(answer?.message.rcode, rcodes.FORMERR);
    assert.equal(under.authorities.servers()[0]?.speaksEdns, true);
  });

  it('takes a FORMERR with an OPT record for what it says', async () => {
    await using under = new TestAuthorities({ sendsCookies: false });
    const [server] = await under.serve(({ query, send }) => send(replyTo(query, { rcode: rcodes.FORMERR })));
    assert.equal((await under.ask('www.test.'))?.message.rcode, rcodes.FORMERR);
    assert.equal(server?.calls.length, 1);
  });

  it('sends version 0, DO, 1232 octets, and no option where cookies are off', async () => {
    await using under = new TestAuthorities({ sendsCookies: false });
    const [server] = await under.serve(right);
    await under.ask('www.test.');
    assert.deepEqual(server?.calls[0]?.query.edns, {
      udpPayloadSize: 1232,
      version: 0,
      dnssecOk: true,
      options: [],
    });
    assert.equal(server?.calls[0]?.query.flags.rd, false);
  });
});
