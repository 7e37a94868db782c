import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  connectDoh,
  connectSecure,
  openListener,
  queryPath,
  request,
} from '../../resolver/listeners/stream-listeners.ts';
import { eventually } from '../../support/eventually.ts';

const query = new Uint8Array(12);

describe('RFC 8484 section 5.2, HTTP/2', () => {
  it('answers requests of one session as their answers are ready', async () => {
    const held: (() => void)[] = [];
    await using doh = await openListener('doh', (octets, _client, answer) => held.push(() => answer(octets)));
    const session = await connectDoh(doh);
    const order: number[] = [];
    const all = [0, 1, 2].map(async number => {
      await request(session, { ':path': queryPath(Uint8Array.of(number, ...query)) });
      order.push(number);
    });
    await eventually(() => assert.equal(held.length, 3));
    for (const number of [2, 0, 1]) {
      held[number]?.();
      await eventually(() => assert.equal(order.at(-1), number));
    }
    await Promise.all(all);
    session.destroy();
  });

  it('offers a hundred streams', async () => {
    await using doh = await openListener('doh', (octets, _client, answer) => answer(octets));
    const session = await connectDoh(doh);
    if (!session.remoteSettings?.maxConcurrentStreams) await once(session, 'remoteSettings');
    await eventually(() => assert.equal(session.remoteSettings.maxConcurrentStreams, 100));
    session.destroy();
  });

  it('tells clients of HTTP/1.1, and those that say nothing by ALPN, what is spoken', async () => {
    await using doh = await openListener('doh', (octets, _client, answer) => answer(octets));
    for (const protocols of [['http/1.1'], undefined]) {
      const socket = await connectSecure(doh, protocols ? { protocols } : {});
      socket.write('GET /dns-query HTTP/1.1\r\nhost: dns.example\r\n\r\n');
      let text = '';
      for await (const chunk of socket) text += chunk;
      assert.match(text, /^HTTP\/1\.1 505 /);
      assert.match(text, /HTTP\/2/);
    }
    assert.equal(doh.counters.httpErrors[505], 2);
  });

  it('ends the handshake where ALPN has nothing that could be spoken', async () => {
    await using doh = await openListener('doh', (octets, _client, answer) => answer(octets));
    await assert.rejects(connectSecure(doh, { protocols: ['dot'] }), /alert no application protocol/);
    await eventually(() => assert.equal(doh.counters.failedHandshakes.doh, 1));
  });

  it('says GOAWAY when it stops, and answers what is under way', async () => {
    const held: (() => void)[] = [];
    await using doh = await openListener('doh', (octets, _client, answer) => held.push(() => answer(octets)));
    const session = await connectDoh(doh);
    const goaway = once(session, 'goaway');
    const reply = request(session, { ':path': queryPath(query) });
    await eventually(() => assert.equal(held.length, 1));
    assert.equal(doh.listener.pending, 1);
    doh.listener.stopAccepting();
    assert.equal((await goaway)[0], 0);
    held[0]?.();
    assert.equal((await reply).status, 200);
    await once(session, 'close');
  });
});
