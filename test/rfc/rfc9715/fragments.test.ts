import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { right, TestAuthorities } from '../../resolver/exchange/authorities-under-test.ts';
import { txt } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

describe('RFC 9715 section 3.2, avoiding fragments at the requestor', () => {
  it('asks for no more than 1232 octets over UDP', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(right);
    await under.ask('www.test.');
    assert.equal(server?.calls[0]?.query.edns?.udpPayloadSize, 1232);
  });

  it('gets over TCP what does not fit', async () => {
    await using under = new TestAuthorities();
    const answers = Array.from({ length: 40 }, (_, index) => txt('big.test.', `${index}`.padEnd(200, 'x')));
    const [server] = await under.serve(({ query, transport, send }) => {
      const whole = replyTo(query, { answers });
      send(transport === 'tcp' ? whole : replyTo(query, { flags: { ...whole.flags, tc: true } }));
    });
    const answer = await under.ask('big.test.', { type: 'TXT' });
    assert.equal(answer?.message.answers.length, 40);
    assert.deepEqual(
      server?.calls.map(call => call.transport),
      ['udp', 'tcp'],
    );
    assert.equal(under.counters.tcpFallbacks, 1);
  });
});
