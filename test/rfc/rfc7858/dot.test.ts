import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { Client } from '../../../src/resolver/listeners/client.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import {
  connectPlain,
  connectSecure,
  openListener,
  type TestListener,
} from '../../resolver/listeners/stream-listeners.ts';
import { eventually } from '../../support/eventually.ts';

describe('RFC 7858, DNS over TLS', () => {
  const parts = new AsyncDisposableStack();
  const clients: Client[] = [];
  let dot: TestListener;

  before(async () => {
    dot = parts.use(
      await openListener('dot', (octets, client, answer) => {
        clients.push(client);
        answer(octets);
      }),
    );
  });
  after(() => parts.disposeAsync());

  it('section 3.3: messages have their two octets of length within TLS, and may be pipelined', async () => {
    const socket = await connectSecure(dot);
    const sent = Array.from({ length: 40 }, (_, number) => Buffer.alloc(30, number));
    socket.write(Buffer.concat(sent.map(framed)));
    const framing = new MessageFraming();
    const received: Buffer[] = [];
    for await (const chunk of socket) {
      framing.add(chunk);
      for (let message = framing.next(); message; message = framing.next())
        received.push(Buffer.from(message));
      if (received.length === sent.length) break;
    }
    assert.deepEqual(received, sent);
    assert.equal(clients.at(-1)?.transport, 'dot');
    socket.destroy();
  });

  it('section 3.1: a client that speaks plain DNS on the port is not answered', async () => {
    const failed = dot.counters.failedHandshakes.dot;
    const socket = await connectPlain(dot);
    let received = '';
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
    });
    socket.write(framed(new Uint8Array(40)));
    await once(socket, 'close');
    assert.ok(received.length < 10, 'more than an alert');
    await eventually(() => assert.equal(dot.counters.failedHandshakes.dot, failed + 1));
  });

  it('section 3.2 and RFC 9325: TLS 1.3 and 1.2 are spoken, 1.1 is not', async () => {
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const socket = await connectSecure(dot, { maxVersion });
      assert.equal(socket.getProtocol(), maxVersion);
      socket.destroy();
    }
    await assert.rejects(connectSecure(dot, { maxVersion: 'TLSv1.1' }), /alert protocol version/);
  });

  it('section 6 (ALPN): `dot` is chosen where it is offered, no ALPN is fine, others alone are not', async () => {
    const chosen = await connectSecure(dot, { protocols: ['h2', 'dot'] });
    assert.equal(chosen.alpnProtocol, 'dot');
    chosen.destroy();
    const silent = await connectSecure(dot);
    assert.equal(silent.alpnProtocol, false);
    silent.destroy();
    await assert.rejects(connectSecure(dot, { protocols: ['h2'] }), /alert no application protocol/);
  });

  it('section 3.4: a session is resumed, in TLS 1.3 and in 1.2', async () => {
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const first = await connectSecure(dot, { maxVersion });
      let session: Buffer | undefined;
      first.on('session', ticket => {
        session = ticket;
      });
      session ??= maxVersion === 'TLSv1.2' ? first.getSession() : undefined;
      first.write(framed(new Uint8Array(12)));
      await eventually(() => assert.ok(session));
      first.destroy();
      assert.ok(session);
      const second = await connectSecure(dot, { maxVersion, session });
      assert.equal(second.isSessionReused(), true, maxVersion);
      second.destroy();
    }
  });

  it('section 3.4: an idle connection is closed', async () => {
    await using hasty = await openListener('dot', (octets, _client, answer) => answer(octets), {
      limits: { idleMs: 100 },
    });
    const socket = await connectSecure(hasty);
    socket.resume();
    await once(socket, 'close');
    await eventually(() => assert.equal(hasty.connections.count, 0));
  });

  it('answers what is under way when it stops, then says close_notify', async () => {
    const held: (() => void)[] = [];
    await using stopping = await openListener('dot', (octets, _client, answer) =>
      held.push(() => answer(octets)),
    );
    const socket = await connectSecure(stopping);
    socket.write(framed(Buffer.from('last')));
    await eventually(() => assert.equal(held.length, 1));
    stopping.listener.stopAccepting();
    held[0]?.();
    let text = '';
    for await (const chunk of socket) text += chunk;
    assert.equal(text.slice(2), 'last');
  });
});
