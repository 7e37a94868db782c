import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { paddingOption } from '../../../src/dns/options/padding.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { messageOf, openGuardedResponder } from '../../resolver/guarded-responder.ts';
import { edns, query, txt } from '../../resolver/messages.ts';

const asked = query('www.test.', 'TXT', { edns: edns({ options: [paddingOption(0)] }) });

function texts(octets: number): Reply {
  const whole = Array.from({ length: Math.floor(octets / 267) }, () => txt('www.test.', 'x'.repeat(254)));
  return { ...emptyReply(rcodes.NOERROR), answers: [...whole, txt('www.test.', 'y'.repeat(octets % 255))] };
}

describe('RFC 8467 section 4.1, block-length padding', () => {
  it('replies have a multiple of 468 octets, whatever is in them', async () => {
    let reply = texts(0);
    await using server = await openGuardedResponder({
      resolve: () => reply,
      secrets: ['000102030405060708090a0b0c0d0e0f'],
    });
    const lengths = new Set<number>();
    for (let octets = 0; octets < 1500; octets += 7) {
      reply = texts(octets);
      const sent = server.ask(asked, { transport: 'dot' });
      assert.ok(sent && sent !== 'waiting');
      assert.equal(sent.octets.length % 468, 0);
      assert.equal(messageOf(sent).answers.length, reply.answers.length);
      lengths.add(sent.octets.length);
    }
    assert.ok(lengths.size >= 3 && lengths.size <= 5, `${[...lengths]}`);
  });

  it('never make a message longer than a message may be', async () => {
    const reply = texts(65_000);
    await using server = await openGuardedResponder({ resolve: () => reply });
    const sent = server.ask(asked, { transport: 'dot' });
    assert.ok(sent && sent !== 'waiting');
    assert.ok(sent.octets.length <= 65_535 && sent.octets.length > 60_000);
    assert.equal(messageOf(sent).flags.tc, false);
  });
});
