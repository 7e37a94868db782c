import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { Client } from '../../../src/resolver/listeners/client.ts';
import type { Responder } from '../../../src/resolver/listeners/listener.ts';
import { framed } from '../../../src/resolver/message-framing.ts';
import { eventually } from '../../support/eventually.ts';
import { frameTypes, preface, readFrames } from '../attacks/http2-frames.ts';
import { ipv4, proxyHeader } from './proxy-headers.ts';
import {
  connectDoh,
  connectPlain,
  connectSecure,
  host,
  openListener,
  queryPath,
  request,
} from './stream-listeners.ts';

const proxies = [`${host}/32`];
const query = Buffer.from('a query of whatever octets');

describe('behind a trusted proxy', () => {
  function recorder(): { clients: Client[]; responder: Responder } {
    const clients: Client[] = [];
    const responder: Responder = (octets, client, answer) => {
      clients.push({ ...client });
      answer(octets);
    };
    return { clients, responder };
  }

  it('over UDP each datagram has the address of its client, and its answer goes to the proxy', async () => {
    const { clients, responder } = recorder();
    await using udp = await openListener('udp', responder, { proxies });
    const socket = createSocket('udp4');
    for (const source of ['198.18.0.1', '198.18.0.2']) {
      const reply = once(socket, 'message');
      socket.send(
        Buffer.concat([proxyHeader({ familyAndProtocol: 0x12, rest: ipv4(source) }), query]),
        udp.port,
        host,
      );
      assert.deepEqual((await reply)[0], query);
      assert.equal(clients.at(-1)?.address, source);
      assert.equal(clients.at(-1)?.transport, 'udp');
    }
    const local = once(socket, 'message');
    socket.send(
      Buffer.concat([proxyHeader({ versionAndCommand: 0x20, rest: Buffer.alloc(0) }), query]),
      udp.port,
      host,
    );
    await local;
    assert.equal(clients.at(-1)?.address, host);
    socket.close();
  });

  it('over UDP a datagram without a header, or with a malformed one, is dropped and counted', async () => {
    const { clients, responder } = recorder();
    await using udp = await openListener('udp', responder, { proxies });
    const socket = createSocket('udp4');
    const header = proxyHeader();
    for (const datagram of [query, header.subarray(0, 20), proxyHeader({ length: 5000 }), Buffer.alloc(0)])
      socket.send(datagram, udp.port, host);
    await eventually(() => assert.equal(udp.counters.badProxyHeaders.udp, 4));
    assert.equal(clients.length, 0);
    socket.close();
  });

  it('over TCP the header may come in pieces, together with the first query', async () => {
    const { clients, responder } = recorder();
    await using tcp = await openListener('tcp', responder, { proxies });
    const socket = await connectPlain(tcp);
    const sent = Buffer.concat([proxyHeader(), framed(query), framed(query)]);
    for (const piece of [sent.subarray(0, 5), sent.subarray(5, 20), sent.subarray(20)]) {
      socket.write(piece);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    let octets = 0;
    for await (const chunk of socket) {
      octets += chunk.length;
      if (octets === 2 * framed(query).length) break;
    }
    assert.deepEqual(
      clients.map(({ address, transport }) => [address, transport]),
      Array(2).fill(['198.18.0.1', 'tcp']),
    );
    socket.destroy();
  });

  it('over DoT and DoH the header goes before TLS in the clear, or is the first that is said within', async () => {
    for (const where of ['preamble', 'opening']) {
      const { clients, responder } = recorder();
      await using dot = await openListener('dot', responder, { proxies });
      const secure = await connectSecure(dot, { [where]: proxyHeader() });
      secure.write(framed(query));
      await once(secure, 'data');
      secure.destroy();
      await using doh = await openListener('doh', responder, { proxies });
      const session = await connectDoh(doh, { [where]: proxyHeader({ rest: ipv4('198.18.0.9') }) });
      assert.equal((await request(session, { ':path': queryPath(query) })).status, 200);
      session.destroy();
      assert.deepEqual(
        clients.map(({ address, transport }) => [address, transport]),
        [
          ['198.18.0.1', 'dot'],
          ['198.18.0.9', 'doh'],
        ],
      );
    }
  });

  it('over DoH the header within TLS may come in one piece with the preface of HTTP/2', async () => {
    const { responder } = recorder();
    await using doh = await openListener('doh', responder, { proxies });
    const socket = await connectSecure(doh, {
      protocols: ['h2'],
      opening: Buffer.concat([proxyHeader(), preface]),
    });
    const [settings] = await once(socket, 'data');
    assert.equal(readFrames(settings)[0]?.type, frameTypes.settings);
    socket.destroy();
  });

  it('a header is said once: a second one within TLS is no message', async () => {
    const { clients, responder } = recorder();
    await using doh = await openListener('doh', responder, { proxies });
    const twice = await connectSecure(doh, {
      protocols: ['h2'],
      preamble: proxyHeader(),
      opening: proxyHeader(),
    });
    twice.resume();
    await closed(twice);
    assert.deepEqual([clients.length, doh.counters.cut.protocol], [0, 1]);
  });

  it('a connection without a header, or with a malformed one, is closed and counted', async () => {
    const { clients, responder } = recorder();
    for (const transport of ['tcp', 'dot', 'doh'] as const) {
      await using listener = await openListener(transport, responder, { proxies });
      for (const octets of [framed(query), proxyHeader({ versionAndCommand: 0x31 })]) {
        const socket = await connectPlain(listener);
        const closed = once(socket, 'close');
        socket.write(octets);
        await closed;
      }
      assert.equal(listener.counters.badProxyHeaders[transport], 2);
      await eventually(() => assert.equal(listener.connections.count, 0));
    }
    assert.equal(clients.length, 0);
  });

  it('over TLS a connection whose first message is no header is closed and counted', async () => {
    const { clients, responder } = recorder();
    await using dot = await openListener('dot', responder, { proxies });
    const socket = await connectSecure(dot, { opening: framed(query) });
    socket.resume();
    await closed(socket);
    assert.deepEqual([clients.length, dot.counters.badProxyHeaders.dot], [0, 1]);
  });

  it('the cap per client is that of whom the proxy speaks for, not of the proxy', async () => {
    const { responder } = recorder();
    await using tcp = await openListener('tcp', responder, { proxies, limits: { connectionsPerClient: 1 } });
    const speak = async (source: string) => {
      const socket = await connectPlain(tcp);
      socket.write(Buffer.concat([proxyHeader({ rest: ipv4(source) }), framed(query)]));
      return socket;
    };
    const kept = [await speak('198.18.0.1'), await speak('198.18.0.2')];
    for (const socket of kept) await once(socket, 'data');
    const third = await speak('198.18.0.1');
    await once(third, 'close');
    assert.equal(tcp.counters.refused.tcp, 1);
    for (const socket of kept) socket.destroy();
    await eventually(() => assert.equal(tcp.connections.count, 0));
    const again = await speak('198.18.0.1');
    await once(again, 'data');
    again.destroy();
  });
});

function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()));
}
