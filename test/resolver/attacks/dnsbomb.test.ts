import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { messageOf, openGuardedResponder, type Sent, stranger } from '../guarded-responder.ts';
import { a, edns, query } from '../messages.ts';

const secret = '000102030405060708090a0b0c0d0e0f';
const answered: Reply = { ...emptyReply(rcodes.NOERROR), answers: [a('www.test.', '192.0.2.1')] };

/** Name servers that answer everything at one moment, when the attacker likes. */
function storedUp() {
  const release = Promise.withResolvers<Reply>();
  return { resolve: () => release.promise, release: () => release.resolve(answered) };
}

describe('DNSBomb (CVE-2024-33655): answers stored up and sent all at once', () => {
  it('are not sent over UDP when they come late, but to who has proven his address', async () => {
    const { resolve, release } = storedUp();
    await using server = await openGuardedResponder({ resolve, secrets: [secret] });
    const cookie = messageOf(
      server.ask(
        query('x.test.', 'A', {
          questions: [],
          edns: edns({ options: [{ code: 10, data: new Uint8Array(8) }] }),
        }),
      ),
    ).edns?.options;
    assert.ok(cookie);
    const asked = query('www.test.');
    const sent = [
      server.later(asked),
      server.later(query('www.test.', 'A', { edns: edns({ options: cookie }) })),
      server.later(asked, { transport: 'tcp' }),
      server.later(asked, { address: '198.51.100.1' }),
    ];
    await server.clock.advance(1901);
    release();
    const answers = (await Promise.all(sent)).map(reply => reply?.message.answers.length);
    assert.deepEqual(answers, [undefined, 1, 1, 1]);
    assert.equal(server.clients.counters.limited.discarded, 1);
  });

  it('are sent when they are in time', async () => {
    const { resolve, release } = storedUp();
    await using server = await openGuardedResponder({ resolve });
    const sent = server.later(query('www.test.'));
    await server.clock.advance(1900);
    release();
    assert.equal((await sent)?.message.answers.length, 1);
  });

  it('are no more than a client may have under way, however many it asked for', async () => {
    const { resolve, release } = storedUp();
    await using server = await openGuardedResponder({
      resolve,
      clients: ['inFlight: 100', 'rateLimit: off'],
    });
    const waiting: Promise<Sent>[] = [];
    let failed = 0;
    for (let index = 0; index < 1000; index += 1) {
      const sent = server.later(query('www.test.'));
      waiting.push(sent);
      void sent.then(reply => {
        failed += reply?.message.rcode === rcodes.SERVFAIL ? 1 : 0;
      });
    }
    await server.clock.advance(1800);
    assert.equal(failed, 900);
    assert.equal(server.ask(query('www.test.'), { address: '198.18.7.1' }), 'waiting');
    release();
    const replies = await Promise.all(waiting);
    assert.equal(replies.filter(reply => reply?.message.answers.length === 1).length, 100);
    assert.equal(server.clients.counters.limited.underWay, 900);
    // All of them are over: there is room for as many again.
    assert.ok(server.clients.underWay?.hasRoom(stranger, false));
  });

  it('do not keep a client from what the cache or the configuration answers', async () => {
    const { resolve } = storedUp();
    await using server = await openGuardedResponder({ resolve, clients: ['inFlight: 1'] });
    assert.equal(server.ask(query('www.test.')), 'waiting');
    assert.equal(messageOf(server.ask(query('www.test.'))).rcode, rcodes.SERVFAIL);
    assert.equal(messageOf(server.ask(query('www.test.', 'ANY'))).rcode, rcodes.NOERROR);
  });

  it('makes room again also for questions that failed', async () => {
    await using server = await openGuardedResponder({
      resolve: async () => emptyReply(rcodes.SERVFAIL),
      clients: ['inFlight: 1'],
    });
    for (let index = 0; index < 5; index += 1) {
      await server.later(query('www.test.'));
      assert.equal(server.clients.counters.limited.underWay, 0);
    }
  });
});
