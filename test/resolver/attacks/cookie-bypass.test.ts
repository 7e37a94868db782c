import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findOption } from '../../../src/dns/edns.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import type { ClientQuery } from '../../../src/resolver/policy.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { type GuardedResponder, messageOf, openGuardedResponder } from '../guarded-responder.ts';
import { edns, query } from '../messages.ts';

const secret = '000102030405060708090a0b0c0d0e0f';

async function open(secrets: readonly string[] = [secret]): Promise<GuardedResponder> {
  return await openGuardedResponder({ resolve: () => emptyReply(rcodes.NOERROR), secrets });
}

function asked(cookie: Uint8Array) {
  return query('www.test.', 'A', { edns: edns({ options: [{ code: 10, data: cookie }] }) });
}

function learn(server: GuardedResponder, address: string): Uint8Array {
  const reply = messageOf(server.ask(asked(new Uint8Array(8).fill(5)), { address }));
  const cookie = findOption(reply.edns, 10)?.data;
  assert.ok(cookie);
  return cookie;
}

/** Whether the cookie proves that the client is at the address. */
function proves(server: GuardedResponder, cookie: Uint8Array, address: string): boolean {
  const before: ClientQuery['cookie'] = 'good';
  const good = server.clients.counters.cookies[before];
  server.ask(asked(cookie), { address });
  return server.clients.counters.cookies[before] > good;
}

describe('getting past the cookie', () => {
  it('with the cookie of another address, nearby, of the other family, or of the proxy in front', async () => {
    await using server = await open();
    const cookie = learn(server, '198.18.0.1');
    assert.ok(proves(server, cookie, '198.18.0.1'));
    // The same client, as a socket for both families or a proxy would name it.
    assert.ok(proves(server, cookie, '::ffff:198.18.0.1'));
    // What a proxy (203.0.113.9) forwards is judged by the address it tells, so its own cookie is worth nothing there.
    for (const address of ['198.18.0.2', '198.18.0.0', '2001:db8::c612:1', '203.0.113.9'])
      assert.ok(!proves(server, cookie, address), address);
    const proxys = learn(server, '203.0.113.9');
    assert.ok(!proves(server, proxys, '198.18.0.1'));
    const six = learn(server, '2001:db8::1');
    assert.ok(proves(server, six, '2001:db8::1'));
    assert.ok(!proves(server, six, '2001:db8::2'));
    assert.ok(!proves(server, six, '2001:db8:0:0:0:0:1:0'));
  });

  it('with an old one, or one from the future', async () => {
    await using server = await open();
    const cookie = learn(server, '198.18.0.1');
    await server.clock.advance(3_600_000);
    assert.ok(proves(server, cookie, '198.18.0.1'));
    await server.clock.advance(1000);
    assert.ok(!proves(server, cookie, '198.18.0.1'));
  });

  it('with a guess: another hash, other times, another version, other lengths', async () => {
    await using server = await open();
    const cookie = learn(server, '198.18.0.1');
    for (let at = 0; at < cookie.length; at += 1)
      assert.ok(!proves(server, cookie.with(at, (cookie[at] ?? 0) ^ 0x80), '198.18.0.1'), `octet ${at}`);
    for (const forged of [
      cookie.slice(0, 16),
      cookie.slice(0, 23),
      Uint8Array.of(...cookie, ...cookie.slice(0, 16)),
    ])
      assert.ok(!proves(server, forged, '198.18.0.1'));
  });

  it('with a second cookie option behind a bad one', async () => {
    await using server = await open();
    const cookie = learn(server, '198.18.0.1');
    const options = [
      { code: 10, data: cookie.with(20, 1).with(21, 1) },
      { code: 10, data: cookie },
    ];
    const good = server.clients.counters.cookies.good;
    server.ask(query('www.test.', 'A', { edns: edns({ options }) }), { address: '198.18.0.1' });
    assert.equal(server.clients.counters.cookies.good, good);
  });

  it('with a cookie of a secret that is not in the file any more', async () => {
    await using old = await open();
    await using server = await open(['f0e0d0c0b0a090807060504030201000']);
    assert.ok(!proves(server, learn(old, '198.18.0.1'), '198.18.0.1'));
  });
});
