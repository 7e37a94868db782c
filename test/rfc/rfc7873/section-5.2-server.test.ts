import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { findOption } from '../../../src/dns/edns.ts';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import type { From, GuardedResponder } from '../../resolver/guarded-responder.ts';
import { messageOf, openGuardedResponder } from '../../resolver/guarded-responder.ts';
import { a, edns, query } from '../../resolver/messages.ts';

const secret = '000102030405060708090a0b0c0d0e0f';
const clientHalf = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function withCookie(data: Uint8Array | undefined, fields: Partial<Message> = {}): Message {
  const options = data ? [{ code: 10, data }] : [];
  return query('www.test.', 'A', { edns: edns({ options }), ...fields });
}

function cookieOf(message: Message): Uint8Array | undefined {
  return findOption(message.edns, 10)?.data;
}

describe('RFC 7873 section 5.2, cookies at the server', () => {
  let server: GuardedResponder;
  const ask = (data: Uint8Array | undefined, from?: From): Message =>
    messageOf(server.ask(withCookie(data), from));
  const learnt = (from?: From): Uint8Array => {
    const cookie = cookieOf(ask(clientHalf, from));
    assert.ok(cookie);
    return cookie;
  };
  beforeEach(async () => {
    server = await openGuardedResponder({
      resolve: () => ({ ...emptyReply(rcodes.NOERROR), answers: [a('www.test.', '192.0.2.1')] }),
      secrets: [secret],
      clients: ['rateLimit: { perSecond: 1, burst: 2, slip: 1 }', 'provenFactor: 50'],
    });
  });
  afterEach(async () => await server[Symbol.asyncDispose]());

  it('5.2.1: without a cookie there is none in the reply, and without EDNS no OPT record', () => {
    assert.equal(cookieOf(ask(undefined)), undefined);
    assert.equal(messageOf(server.ask(query('www.test.'))).edns, undefined);
    assert.equal(server.clients.counters.cookies.absent, 2);
  });

  it('5.2.2: a cookie of no possible length gets FORMERR, whatever the transport', () => {
    for (const length of [0, 1, 7, 9, 15, 41, 100]) {
      const reply = ask(new Uint8Array(length), { transport: length % 2 ? 'udp' : 'tcp' });
      assert.equal(reply.rcode, rcodes.FORMERR, `${length} octets`);
      assert.equal(cookieOf(reply), undefined);
    }
    assert.equal(server.clients.counters.cookies.malformed, 7);
  });

  it('5.2.3: the client half alone is answered, with a cookie of 24 octets that begins with it', () => {
    const reply = ask(clientHalf);
    assert.equal(reply.answers.length, 1);
    assert.equal(cookieOf(reply)?.length, 24);
    assert.deepEqual(cookieOf(reply)?.slice(0, 8), clientHalf);
  });

  it('5.2.3: over the rate it gets BADCOOKIE and the cookie to come back with', () => {
    learnt();
    learnt();
    const reply = ask(clientHalf);
    assert.equal(reply.rcode, rcodes.BADCOOKIE);
    assert.deepEqual(reply.answers, []);
    assert.equal(server.clients.counters.limited.badCookie, 1);
    assert.equal(ask(cookieOf(reply)).rcode, rcodes.NOERROR);
  });

  it('5.2.4: a wrong server half is no better than none', () => {
    const forged = Uint8Array.of(...learnt().with(20, 0).with(21, 0).with(22, 0).with(23, 0));
    assert.equal(ask(forged).rcode, rcodes.NOERROR);
    const limited = ask(forged);
    assert.equal(limited.rcode, rcodes.BADCOOKIE);
    assert.notDeepEqual(cookieOf(limited), forged);
    for (const length of [16, 40]) assert.equal(ask(new Uint8Array(length)).rcode, rcodes.BADCOOKIE);
    assert.equal(server.clients.counters.cookies.bad, 4);
  });

  it('5.2.5: a good one proves the address, and is sent back as it is until half an hour has passed', async () => {
    const cookie = learnt();
    for (let index = 0; index < 20; index += 1) {
      const reply = ask(cookie);
      assert.equal(reply.answers.length, 1);
      assert.deepEqual(cookieOf(reply), cookie);
    }
    await server.clock.advance(31 * 60_000);
    const renewed = cookieOf(ask(cookie));
    assert.notDeepEqual(renewed, cookie);
    assert.deepEqual(cookieOf(ask(renewed)), renewed);
  });

  it('5.2: is given over TCP too, and with refusals, which a client would not believe without', () => {
    assert.equal(learnt({ transport: 'tcp' }).length, 24);
    const refusals: Message[] = [
      withCookie(clientHalf, { questions: [{ ...query('www.test.').questions[0], class: 42 } as never] }),
      withCookie(clientHalf, { flags: { ...query('www.test.').flags, rd: false } }),
    ];
    for (const refusal of refusals) {
      const reply = messageOf(server.ask(refusal));
      assert.equal(reply.rcode, rcodes.REFUSED);
      assert.equal(cookieOf(reply)?.length, 24);
    }
    const twice = [...query('www.test.').questions, ...query('www.test.').questions];
    const formerr = messageOf(server.ask(withCookie(clientHalf, { questions: twice })));
    assert.equal(formerr.rcode, rcodes.FORMERR);
    assert.equal(cookieOf(formerr)?.length, 24);
  });
});

describe('RFC 7873 section 5.4, asking for a cookie alone', () => {
  let server: GuardedResponder;
  before(async () => {
    server = await openGuardedResponder({
      resolve: () => assert.fail('there is no question'),
      secrets: [secret],
      clients: ['rateLimit: { perSecond: 1, burst: 3, slip: 1 }'],
    });
  });
  after(async () => await server[Symbol.asyncDispose]());
  const alone = (data: Uint8Array | undefined) => server.ask(withCookie(data, { questions: [] }));

  it('gets NOERROR, no records and a cookie', () => {
    const reply = messageOf(alone(clientHalf));
    assert.equal(reply.rcode, rcodes.NOERROR);
    assert.deepEqual(reply.questions, []);
    assert.equal(cookieOf(reply)?.length, 24);
    assert.deepEqual(cookieOf(messageOf(alone(cookieOf(reply)))), cookieOf(reply));
  });

  it('counts against the rate, and gets silence over it', () => {
    messageOf(alone(clientHalf));
    messageOf(alone(clientHalf));
    assert.equal(alone(clientHalf), undefined);
  });

  it('is FORMERR without a cookie', () => {
    assert.equal(messageOf(alone(undefined)).rcode, rcodes.FORMERR);
    assert.equal(messageOf(alone(new Uint8Array(3))).rcode, rcodes.FORMERR);
  });
});

describe('RFC 7873, cookies switched off', () => {
  it('are ignored as an unknown option is, whatever they hold', async () => {
    await using server = await openGuardedResponder({ resolve: () => emptyReply(rcodes.NOERROR) });
    for (const length of [8, 24, 3]) {
      const reply = messageOf(server.ask(withCookie(new Uint8Array(length))));
      assert.equal(reply.rcode, rcodes.NOERROR);
      assert.deepEqual(reply.edns?.options, []);
    }
  });
});
