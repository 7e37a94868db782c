import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { framed } from '../../../src/resolver/message-framing.ts';
import { eventually } from '../../support/eventually.ts';
import { ipv4, proxyHeader } from '../listeners/proxy-headers.ts';
import { connectPlain, connectSecure, host, openListener } from '../listeners/stream-listeners.ts';

/** The trusted proxy is somebody else. */
const proxies = ['192.0.2.7/32'];
const query = Buffer.from('a query of whatever octets');
const forged = proxyHeader({ rest: ipv4('127.0.0.1') });

/** CVE-2026-54478 is of this kind: an address that a stranger could choose was taken for proven. */
describe('strangers who claim to speak for others', () => {
  it('over UDP are dropped, and their headers never read', async () => {
    const addresses: string[] = [];
    await using udp = await openListener(
      'udp',
      (octets, client, answer) => {
        addresses.push(client.address);
        answer(octets);
      },
      { proxies },
    );
    const socket = createSocket('udp4');
    socket.send(Buffer.concat([forged, query]), udp.port, host);
    await eventually(() => assert.equal(udp.counters.strangeProxyHeaders, 1));
    const reply = once(socket, 'message');
    socket.send(query, udp.port, host);
    assert.deepEqual((await reply)[0], query);
    assert.deepEqual(addresses, [host]);
    socket.close();
  });

  it('over TCP and TLS are closed before there is a query', async () => {
    let taken = 0;
    for (const transport of ['tcp', 'dot', 'doh'] as const) {
      await using listener = await openListener(
        transport,
        () => {
          taken += 1;
        },
        { proxies },
      );
      const socket = await connectPlain(listener);
      socket.resume();
      socket.write(Buffer.concat([forged, framed(query)]));
      await once(socket, 'close');
      if (transport === 'tcp') assert.equal(listener.counters.strangeProxyHeaders, 1);
      else await eventually(() => assert.equal(listener.counters.failedHandshakes[transport], 1));
      await eventually(() => assert.equal(listener.connections.count, 0));
    }
    assert.equal(taken, 0);
  });

  it('within TLS get nothing for it: the header is octets of a message', async () => {
    const addresses: string[] = [];
    await using dot = await openListener(
      'dot',
      (octets, client, answer) => {
        addresses.push(client.address);
        answer(octets);
      },
      { proxies, limits: { messageMs: 300 } },
    );
    const socket = await connectSecure(dot);
    socket.resume();
    // 0x0d0a octets of message are announced, and do not come.
    socket.write(Buffer.concat([forged, framed(query)]));
    await once(socket, 'close');
    assert.deepEqual(addresses, []);
  });

  it('are told apart by the whole prefix, not by how an address begins', async () => {
    const addresses: string[] = [];
    await using udp = await openListener('udp', (_octets, client) => addresses.push(client.address), {
      proxies: ['127.0.0.0/31', '127.0.0.16/28'],
    });
    const from = async (address: string): Promise<void> => {
      const socket = createSocket('udp4');
      socket.bind({ address });
      await once(socket, 'listening');
      socket.send(Buffer.concat([proxyHeader(), query]), udp.port, host);
      socket.unref();
    };
    await from('127.0.0.2');
    await from('127.0.0.160');
    await eventually(() => assert.equal(udp.counters.strangeProxyHeaders, 2));
    assert.deepEqual(addresses, []);
    await from('127.0.0.17');
    await eventually(() => assert.deepEqual(addresses, ['198.18.0.1']));
  });
});
