import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import type { Judgement } from '../../../src/resolver/iterator/authorities.ts';
import {
  addressIn,
  right,
  rightAddress,
  silent,
  TestAuthorities,
} from '../../resolver/exchange/authorities-under-test.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

describe('RFC 1035 section 7.3, processing responses', () => {
  it('passes a response over that does not answer an outstanding query, and waits on', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      call.send(new Uint8Array(12));
      // A query is no response, whatever its id.
      call.send(call.query);
      right(call);
    });
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    assert.equal(server?.calls.length, 1);
  });

  it('takes the answer of a server that is late, although another has been asked since', async () => {
    await using under = new TestAuthorities();
    const [late] = await under.serve(({ query, send }) => {
      const reply = replyTo(query);
      setTimeout(() => send({ ...reply, rcode: 3 }), 500);
    }, silent);
    const seen = new Set<number | undefined>();
    for (let round = 0; round < 3; round += 1) {
      const answer = await under.ask(`n${round}.test.`);
      assert.equal(answer?.server.text, under.address(0));
      seen.add(answer?.message.rcode);
    }
    assert.deepEqual([...seen], [3]);
    assert.ok(late?.calls.every(call => call.transport === 'udp'));
  });

  it('asks other servers when one says nothing of use, and remembers for which zone it was lame', async () => {
    await using under = new TestAuthorities();
    const [lame] = await under.serve(({ query, send }) => send(replyTo(query, { rcode: 5 })), right);
    const judge = ({ rcode }: Message): Judgement => (rcode === 0 ? 'useful' : 'lame');
    for (let round = 0; round < 20; round += 1) {
      assert.equal(addressIn(await under.ask(`n${round}.test.`, { judge })), rightAddress);
    }
    assert.ok((lame?.calls.length ?? 0) <= 1);
    assert.equal(under.counters.lame, lame?.calls.length);
  });
});
