import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { type GuardedResponder, messageOf, openGuardedResponder } from '../guarded-responder.ts';
import { edns, query, txt } from '../messages.ts';

const secret = '000102030405060708090a0b0c0d0e0f';
const largest = 1232;

/** An answer that fills a UDP message. */
const big = {
  ...emptyReply(rcodes.NOERROR),
  answers: Array.from({ length: 5 }, (_, index) => txt('www.test.', `${index}`.repeat(220))),
};

const limits = 'rateLimit: { perSecond: 200, burst: 400, slip: 2 }';

interface Flood {
  readonly query: Uint8Array;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Octets sent to the forged address. */
async function flood(
  server: GuardedResponder,
  { query: octets, perSecond, seconds }: Flood,
): Promise<number> {
  let out = 0;
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const sent = server.ask(octets);
    assert.notEqual(sent, 'waiting');
    if (sent !== 'waiting') out += sent?.octets.length ?? 0;
    if (index % 100 === 99) await server.clock.advance(100_000 / perSecond);
  }
  return out;
}

describe("reflection: a flood in a victim's name", () => {
  const plain = encodeMessage(query('www.test.', 'TXT', { edns: edns() }));
  const withCookie = encodeMessage(
    query('www.test.', 'TXT', { edns: edns({ options: [{ code: 10, data: new Uint8Array(8) }] }) }),
  );

  for (const [kind, octets] of Object.entries({ plain, withCookie }))
    it(`sends no more than burst and rate in full, and for the rest less than came in (${kind})`, async () => {
      await using server = await openGuardedResponder({
        resolve: () => big,
        secrets: [secret],
        clients: [limits],
      });
      const perSecond = 4000;
      const seconds = 3;
      const out = await flood(server, { query: octets, perSecond, seconds });
      const over = perSecond * seconds - 400 - 200 * seconds;
      assert.ok(out <= (400 + 200 * seconds + 1) * largest + over * octets.length, `${out} octets`);
      assert.ok(out > 400 * 1000, 'the answers were as large as that');
    });

  it('answers each second query over the rate, with no more octets than the query and a cookie', async () => {
    for (const [octets, counted] of [
      [plain, 'truncated'],
      [withCookie, 'badCookie'],
    ] as const) {
      await using server = await openGuardedResponder({
        resolve: () => big,
        secrets: [secret],
        clients: [limits],
      });
      await flood(server, { query: octets, perSecond: 4000, seconds: 1 });
      const sent = Array.from({ length: 1000 }, () => server.ask(octets)).slice(100);
      const replies = sent.filter(reply => reply !== undefined);
      assert.equal(replies.length, sent.length / 2);
      for (const reply of replies) {
        const { flags, rcode } = messageOf(reply);
        assert.ok(counted === 'truncated' ? flags.tc : rcode === rcodes.BADCOOKIE);
        assert.ok(reply !== 'waiting' && reply.octets.length <= octets.length + 16);
      }
      assert.ok(server.clients.counters.limited[counted] >= 450);
    }
  });

  it('the slip is as configured: all, or none', async () => {
    for (const [slip, share] of [
      [0, 0],
      [1, 1],
      [5, 0.2],
    ] as const) {
      const clients = [`rateLimit: { perSecond: 1, burst: 1, slip: ${slip} }`];
      await using server = await openGuardedResponder({ resolve: () => big, clients });
      server.ask(plain);
      const sent = Array.from({ length: 100 }, () => server.ask(plain));
      assert.equal(sent.filter(reply => reply !== undefined).length, 100 * share);
    }
  });

  it('leaves the victim itself what it asks over TCP, its neighbours, and our own addresses', async () => {
    await using server = await openGuardedResponder({ resolve: () => big, clients: [limits] });
    await flood(server, { query: plain, perSecond: 4000, seconds: 1 });
    assert.equal(messageOf(server.ask(plain, { transport: 'tcp' })).answers.length, 5);
    for (let index = 0; index < 100; index += 1)
      messageOf(server.ask(plain, { address: `198.18.0.${2 + index}` }));
    for (let index = 0; index < 2000; index += 1) messageOf(server.ask(plain, { address: '198.51.100.1' }));
  });

  it('refuses in words whoever asks too much with proof', async () => {
    const clients = ['rateLimit: { perSecond: 1, burst: 10 }', 'provenFactor: 2'];
    await using server = await openGuardedResponder({ resolve: () => big, clients });
    const codes = Array.from({ length: 30 }, () => messageOf(server.ask(plain, { transport: 'tcp' })).rcode);
    assert.deepEqual(codes.indexOf(rcodes.REFUSED), 20);
    assert.equal(server.clients.counters.limited.refused, 10);
  });

  it('in the name of a stranger gets a refusal, of no more octets than the query, a cookie and the reason', async () => {
    await using server = await openGuardedResponder({ resolve: () => big, secrets: [secret] });
    for (const octets of [plain, withCookie]) {
      const sent = server.ask(octets, { address: '192.0.2.77' });
      assert.equal(messageOf(sent).rcode, rcodes.REFUSED);
      assert.ok(sent && sent !== 'waiting' && sent.octets.length <= octets.length + 16 + 6);
    }
  });

  it('is not limited for networks that are exempt', async () => {
    const clients = ['rateLimit: { perSecond: 1, burst: 1 }', 'exempt: [198.18.0.0/24]'];
    await using server = await openGuardedResponder({ resolve: () => big, clients });
    for (let index = 0; index < 50; index += 1) messageOf(server.ask(plain));
    assert.ok(messageOf(server.ask(plain, { address: '198.18.1.1' })));
    assert.equal(server.ask(plain, { address: '198.18.1.1' }), undefined);
  });
});
