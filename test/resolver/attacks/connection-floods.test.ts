import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { framed } from '../../../src/resolver/message-framing.ts';
import { eventually } from '../../support/eventually.ts';
import {
  connectPlain,
  connectSecure,
  host,
  openListener,
  type TestListener,
  type TestListenerOptions,
} from '../listeners/stream-listeners.ts';

type Stream = 'tcp' | 'dot' | 'doh';

describe('connections meant to exhaust', () => {
  const echo = (transport: Stream, options?: TestListenerOptions): Promise<TestListener> =>
    openListener(transport, (octets, _client, answer) => answer(octets), options);

  it('slowloris: a message that trickles is cut, over TCP and within TLS', async () => {
    for (const transport of ['tcp', 'dot'] as const) {
      await using listener = await echo(transport, { limits: { messageMs: 300 } });
      const socket = await (transport === 'tcp' ? connectPlain(listener) : connectSecure(listener));
      socket.resume();
      const trickle = setInterval(() => socket.write(Buffer.of(1)), 20);
      await closed(socket);
      clearInterval(trickle);
      assert.equal(listener.counters.cut['slow-message'], 1);
    }
  });

  it('slowloris: a handshake that trickles, or never begins, is cut', async () => {
    for (const transport of ['dot', 'doh'] as const) {
      await using listener = await echo(transport, { limits: { messageMs: 300 } });
      const silent = await connectPlain(listener);
      silent.resume();
      const trickling = await connectPlain(listener);
      trickling.resume();
      // A TLS record of 0x200 octets, of which hardly any come.
      trickling.write(Buffer.of(0x16, 3, 1, 2, 0));
      const trickle = setInterval(() => trickling.write(Buffer.of(1)), 20);
      await Promise.all([closed(silent), closed(trickling)]);
      clearInterval(trickle);
      await eventually(() => assert.equal(listener.counters.failedHandshakes[transport], 2));
      assert.equal(listener.connections.count, 0);
    }
  });

  it('slowloris: a PROXY header that trickles is cut', async () => {
    await using listener = await echo('tcp', { limits: { messageMs: 300 }, proxies: [`${host}/32`] });
    const socket = await connectPlain(listener);
    socket.resume();
    const header = Buffer.from('0d0a0d0a000d0a515549540a211101f4', 'hex');
    socket.write(header);
    const trickle = setInterval(() => socket.write(Buffer.of(0)), 20);
    await closed(socket);
    clearInterval(trickle);
    assert.equal(listener.counters.cut['slow-message'], 1);
  });

  it('floods: the cap is met before the handshake, whose cost a stranger cannot make us bear', async () => {
    for (const transport of ['tcp', 'dot', 'doh'] as const) {
      await using listener = await echo(transport, { limits: { connectionsPerClient: 4, messageMs: 500 } });
      const sockets = await Promise.all(Array.from({ length: 20 }, () => opened(listener)));
      await eventually(() => assert.equal(listener.counters.refused[transport], 16));
      assert.equal(listener.connections.count, 4);
      for (const socket of sockets) socket.destroy();
      await eventually(() => assert.equal(listener.connections.count, 0));
      assert.equal(listener.counters.refused[transport], 16);
    }
  });

  it('floods: connections that come and go have only so many handshakes a second', async () => {
    await using listener = await echo('dot', { limits: { handshakesPerClient: 5 } });
    let done = 0;
    for (let count = 0; count < 8; count += 1) {
      await connectSecure(listener).then(
        socket => {
          done += 1;
          socket.destroy();
        },
        () => undefined,
      );
    }
    // Five, or a few more where a second has passed meanwhile.
    assert.equal(done + listener.counters.refused.dot, 8);
    assert.ok(done >= 5);
    await eventually(async () => (await connectSecure(listener)).destroy(), { every: 200 });
  });

  it('floods: those that are idle make room before their own time as the cap is neared', async () => {
    await using listener = await echo('tcp', { limits: { connections: 16, idleMs: 10_000 } });
    // Idle for what would be ten seconds; the last step is a fiftieth of that.
    const first = await connectPlain(listener);
    first.resume();
    const rest: Socket[] = [];
    for (let count = 1; count < 14; count += 1) rest.push(await opened(listener));
    const gone = closed(first);
    await gone;
    for (const socket of rest) socket.destroy();
  });

  it('slow readers: answers that are not read end the connection, over TCP and within TLS', async () => {
    for (const transport of ['tcp', 'dot'] as const) {
      await using listener = await openListener(
        transport,
        (_octets, _client, answer) => answer(new Uint8Array(60_000)),
        { limits: { idleMs: 300 } },
      );
      const socket = await (transport === 'tcp' ? connectPlain(listener) : connectSecure(listener));
      socket.pause();
      const asking = setInterval(() => {
        for (let index = 0; index < 50; index += 1) socket.write(framed(Buffer.from('query')));
      }, 5);
      await eventually(() => assert.equal(listener.connections.count, 0));
      clearInterval(asking);
      assert.equal(listener.counters.cut['slow-reader'], 1);
      socket.destroy();
    }
  });

  it('slow readers: the largest answers that are ready late are held within a bound', async () => {
    const held: (() => void)[] = [];
    await using listener = await openListener('tcp', (_octets, _client, answer) =>
      held.push(() => answer(new Uint8Array(65_535))),
    );
    const socket = await connectPlain(listener);
    socket.pause();
    // More than the kernel's buffers of both ends hold is needed before anything is held by us.
    for (let round = 0; round < 20 && listener.connections.count > 0; round += 1) {
      const before = held.length;
      socket.write(Buffer.concat(Array.from({ length: 16 }, () => framed(Buffer.from('query')))));
      await eventually(() => assert.ok(held.length === before + 16 || listener.connections.count === 0), {
        within: 500,
      }).catch(() => undefined);
      for (const answer of held.splice(0)) answer();
    }
    await eventually(() => assert.equal(listener.connections.count, 0));
    assert.equal(listener.counters.cut['slow-reader'], 1);
    socket.destroy();
  });

  it('slow readers: all together they hold no more than there is room for, and one who reads is left alone', async () => {
    await using listener = await openListener(
      'tcp',
      (octets, _client, answer) => answer(octets.length > 10 ? octets : new Uint8Array(60_000)),
      { limits: { unreadInAll: 256 * 1024, connections: 64 } },
    );
    const reader = await connectPlain(listener);
    const slow = await Promise.all(Array.from({ length: 12 }, () => connectPlain(listener)));
    for (const socket of slow) {
      socket.pause();
      for (let index = 0; index < 200; index += 1) socket.write(framed(Buffer.from('query')));
    }
    await eventually(() => assert.ok(listener.counters.cut['slow-reader'] > 0));
    assert.ok(listener.connections.unread <= (256 + 64) * 1024, `${listener.connections.unread}`);
    reader.write(framed(Buffer.from('a longer query')));
    assert.equal((await once(reader, 'data'))[0].length, 16);
    reader.destroy();
    for (const socket of slow) socket.destroy();
    await eventually(() => assert.equal(listener.connections.unread, 0));
  });

  it('queries without end (CVE-2025-30193): a connection has so many, is told to leave, and its last is answered', async () => {
    const told: (number | undefined)[] = [];
    await using listener = await openListener(
      'tcp',
      (octets, client, answer) => {
        told.push(client.idleMs);
        answer(octets);
      },
      { limits: { queriesPerConnection: 1000 } },
    );
    const socket = await connectPlain(listener);
    const query = framed(Buffer.from('query'));
    socket.write(Buffer.concat(Array.from({ length: 5000 }, () => query)));
    let octets = 0;
    socket.on('data', chunk => {
      octets += chunk.length;
    });
    await closed(socket);
    assert.equal(told.length, 1000);
    assert.deepEqual(told.slice(-2), [60_000, 0]);
    assert.equal(octets, 1000 * query.length);
  });
});

/** The end of a connection, be it orderly or a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()));
}

/** A connection that may be closed by the other end as soon as it is there. */
async function opened({ port }: TestListener): Promise<Socket> {
  const socket = createConnection({ host, port });
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), closed(socket)]);
  return socket;
}
