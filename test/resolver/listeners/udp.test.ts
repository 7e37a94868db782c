import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import type { ListenOptions } from '../../../src/resolver/listeners/listener.ts';
import { createTransportCounters } from '../../../src/resolver/listeners/transport-counters.ts';
import { noProxies, TrustedProxies } from '../../../src/resolver/listeners/trusted-proxies.ts';
import { listenUdp } from '../../../src/resolver/listeners/udp.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { udpListenerContract } from '../../contract/udp-listener.ts';
import { eventually } from '../../support/eventually.ts';
import { openFastPath as handingAllOver } from '../fast-path/hand-over-all.ts';
import { openFastPath as scripted } from '../fast-path/scripted-fast-path.ts';
import { ipv4, proxyHeader } from './proxy-headers.ts';

for (const fastPath of [undefined, handingAllOver(undefined)])
  udpListenerContract({
    kind: `on the resolver's own thread, ${fastPath ? 'with' : 'without'} a fast path`,
    skip: undefined,
    open: async () => ({
      listen: options => listenUdp({ ...options, clock: systemClock, fastPath }),
      [Symbol.asyncDispose]: async () => undefined,
    }),
  });

/** What the fast path leaves is answered with what the responder says. */
async function opened(options: Partial<ListenOptions> = {}) {
  await using parts = new AsyncDisposableStack();
  const family = options.local?.family ?? 4;
  const listener = parts.use(
    await listenUdp({
      local: { text: '127.77.8.53', family: 4, kind: 'service' },
      port: 0,
      responder: (octets, { address }, answer) => answer(Buffer.from(`${address}: ${Buffer.from(octets)}`)),
      proxies: noProxies,
      counters: createTransportCounters(),
      clock: { ...systemClock, wallMs: () => 1, monotonicMs: () => 2 },
      fastPath: scripted('these'),
      ...options,
    }),
  );
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', recvBufferSize: 1 << 20 });
  parts.defer(() => void socket.close());
  socket.bind(0, family === 4 ? '127.77.8.1' : '::1');
  await once(socket, 'listening');
  const replies: string[] = [];
  socket.on('message', octets => void replies.push(octets.toString('latin1')));
  const moved = parts.move();
  return {
    listener,
    replies,
    send: (text: string | Uint8Array) =>
      socket.send(text, listener.port, options.local?.text ?? '127.77.8.53'),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

describe('a listener on the resolver’s own thread', () => {
  it('answers what the fast path decides, and leaves the rest to the responder', async () => {
    await using listening = await opened();
    for (const text of ['echo 1', 'other', 'silence', 'words', 'service', 'time', 'shared'])
      listening.send(text);
    await eventually(() => assert.equal(listening.replies.length, 6));
    assert.deepEqual(listening.replies, [
      'echo 1',
      '127.77.8.1: other',
      '7f4d0801',
      'true',
      '{"wallMs":1,"monotonicMs":2}',
      'these',
    ]);
    assert.equal(listening.listener.pending, 0);
  });

  it('tells it of IPv6 clients, and of management addresses', async () => {
    await using listening = await opened({ local: { text: '::1', family: 6, kind: 'management' } });
    for (const text of ['words', 'service']) listening.send(text);
    await eventually(() => assert.equal(listening.replies.length, 2));
    assert.deepEqual(listening.replies, ['00000000 00000000 00000000 00000001', 'false']);
  });

  it('sends each reply as it was made, however many there are', async () => {
    await using listening = await opened();
    const texts = Array.from(
      { length: 2000 },
      (_, index) => `echo ${String(index).padEnd(index % 200, '.')}`,
    );
    for (let from = 0; from < texts.length; from += 100) {
      for (const text of texts.slice(from, from + 100)) listening.send(text);
      await eventually(() => assert.equal(listening.replies.length, from + 100));
    }
    assert.deepEqual(listening.replies, texts);
  });

  it('answers what had arrived before it stopped, and nothing after', async () => {
    await using listening = await opened();
    for (let index = 0; index < 100; index += 1) listening.send(`echo ${index}`);
    listening.listener.stopAccepting();
    await eventually(() => assert.equal(listening.listener.pending, 0));
    listening.send('echo late');
    await eventually(() => assert.equal(listening.replies.length, 100));
    assert.ok(!listening.replies.includes('echo late'));
  });

  it('asks no fast path where proxies speak for clients', async () => {
    const proxies = new TrustedProxies(
      [parseIpPrefix('127.77.8.1/32')].filter(prefix => prefix !== undefined),
    );
    await using listening = await opened({ proxies });
    const header = proxyHeader({ familyAndProtocol: 0x12, rest: ipv4('198.18.0.7') });
    listening.send(Buffer.concat([header, Buffer.from('echo')]));
    await eventually(() => assert.deepEqual(listening.replies, ['198.18.0.7: echo']));
  });
});
