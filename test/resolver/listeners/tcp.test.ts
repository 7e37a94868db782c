import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Listener, Responder } from '../../../src/resolver/listeners/listener.ts';
import { listenTcp } from '../../../src/resolver/listeners/tcp.ts';
import {
  TcpConnections,
  type TcpLimits,
  tcpLimits,
} from '../../../src/resolver/listeners/tcp-connections.ts';
import { createTransportCounters } from '../../../src/resolver/listeners/transport-counters.ts';
import { noProxies } from '../../../src/resolver/listeners/trusted-proxies.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { eventually } from '../../support/eventually.ts';

const local = { text: '127.0.0.1', family: 4, kind: 'management' } as const;
/** Long enough never to be reached in a test that is not about it. */
const patient: TcpLimits = { ...tcpLimits, idleMs: 60_000, messageMs: 60_000 };

describe('a TCP listener', () => {
  let parts: AsyncDisposableStack;
  let refused = 0;

  beforeEach(() => {
    parts = new AsyncDisposableStack();
    refused = 0;
  });
  afterEach(() => parts.disposeAsync());

  async function listen(
    responder: Responder,
    limits: Partial<TcpLimits> = {},
    ownAddresses: ReadonlySet<string> = new Set(),
  ): Promise<Listener> {
    const onRefused = (): void => {
      refused += 1;
    };
    const connections = new TcpConnections({ ...patient, ...limits }, onRefused, ownAddresses);
    const shared = { proxies: noProxies, counters: createTransportCounters() };
    return parts.use(await listenTcp({ local, port: 0, responder, connections, ...shared }));
  }

  function connect({ port }: Listener): { socket: Socket; received: string[]; closed: Promise<void> } {
    const socket = createConnection({ host: local.text, port });
    parts.defer(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    const framing = new MessageFraming();
    const received: string[] = [];
    socket.on('data', chunk => {
      framing.add(chunk);
      for (let message = framing.next(); message; message = framing.next()) received.push(text(message));
    });
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
    return { socket, received, closed };
  }

  const echo: Responder = (message, _client, reply) => reply(message);

  it('answers pipelined messages in the order their answers are ready', async () => {
    const held = new Map<string, () => void>();
    const listener = await listen((message, _client, reply) => held.set(text(message), () => reply(message)));
    const { socket, received } = connect(listener);
    socket.write(Buffer.concat(['one', 'two', 'three'].map(message => framed(octets(message)))));
    await eventually(() => assert.equal(held.size, 3));
    for (const message of ['three', 'one', 'two']) held.get(message)?.();
    await eventually(() => assert.deepEqual(received, ['three', 'one', 'two']));
  });

  it('reads no further while too many messages are under way, and goes on afterwards', async () => {
    const held: (() => void)[] = [];
    const listener = await listen((message, _client, reply) => held.push(() => reply(message)), {
      pendingPerConnection: 2,
    });
    const { socket, received } = connect(listener);
    socket.write(Buffer.concat(Array.from({ length: 10 }, (_, index) => framed(octets(`${index}`)))));
    await eventually(() => assert.equal(held.length, 2));
    assert.equal(listener.pending, 2);
    for (let answered = 0; answered < 10; answered += 1) {
      await eventually(() => assert.ok(held.length > answered));
      assert.ok(held.length <= answered + 2);
      held[answered]?.();
    }
    await eventually(() => assert.equal(received.length, 10));
  });

  it('answers ten thousand pipelined messages whose answers are ready at once', async () => {
    const listener = await listen(echo);
    const { socket, received } = connect(listener);
    socket.write(Buffer.concat(Array.from({ length: 10_000 }, (_, index) => framed(octets(`${index}`)))));
    await eventually(() => assert.equal(received.length, 10_000));
  });

  it('closes a connection that is idle', async () => {
    const { closed } = connect(await listen(echo, { idleMs: 50 }));
    await closed;
  });

  it('closes a connection that is idle after it was once slow to be answered', async () => {
    const held: (() => void)[] = [];
    const idleMs = 50;
    const listener = await listen((message, _client, reply) => held.push(() => reply(message)), { idleMs });
    const { socket, received, closed } = connect(listener);
    socket.write(framed(octets('slow')));
    setTimeout(() => held[0]?.(), 4 * idleMs);
    await closed;
    assert.deepEqual(received, ['slow']);
  });

  it('closes a connection whose message does not come to its end, however it trickles', async () => {
    const { socket, closed } = connect(await listen(echo, { messageMs: 100 }));
    const trickle = setInterval(() => socket.write(Buffer.of(1)), 20);
    await closed;
    clearInterval(trickle);
  });

  it('does not take the gap between two messages for a message that will not end', async () => {
    const messageMs = 500;
    const { socket, received } = connect(await listen(echo, { messageMs }));
    const message = framed(octets('message'));
    socket.write(message.subarray(0, 4));
    // Each chunk ends one message and begins the next, for longer than one message may take.
    const untilMs = performance.now() + 1.5 * messageMs;
    for (let sent = 1; performance.now() < untilMs; sent += 1) {
      socket.write(Buffer.concat([message.subarray(4), message.subarray(0, 4)]));
      await eventually(() => assert.equal(received.length, sent));
    }
    assert.equal(socket.destroyed, false);
  });

  it('admits so many connections in all and of one client, and counts the refused', async () => {
    const limited = await listen(echo, { connectionsPerClient: 2 });
    const [first] = [connect(limited), connect(limited)];
    await eventually(() => assert.equal(refused, 0));
    const third = connect(limited);
    await third.closed;
    assert.equal(refused, 1);
    first.socket.destroy();
    await eventually(async () => {
      const again = connect(limited);
      again.socket.write(framed(octets('hello')));
      await eventually(() => assert.deepEqual(again.received, ['hello']), { within: 200 });
    });
  });

  it('admits our own addresses beyond the caps', async () => {
    const crowded = await listen(echo, { connections: 1, connectionsPerClient: 1 }, new Set([local.text]));
    const all = [connect(crowded), connect(crowded), connect(crowded)];
    for (const { socket } of all) socket.write(framed(octets('hello')));
    for (const { received } of all) await eventually(() => assert.deepEqual(received, ['hello']));
    assert.equal(refused, 0);
  });

  it('waits for a client that reads more slowly than it asks', async () => {
    const large = new Uint8Array(60_000);
    const listener = await listen((_message, _client, reply) => reply(large));
    const { socket, received } = connect(listener);
    // 24 MB of answers, more than the kernel holds, to queries that come in one piece.
    socket.write(Buffer.concat(Array.from({ length: 400 }, () => framed(octets('query')))));
    await eventually(() => assert.equal(received.length, 400));
    assert.equal(socket.destroyed, false);
  });

  it('closes a connection whose client does not read', async () => {
    const large = new Uint8Array(60_000);
    const listener = await listen((_message, _client, reply) => reply(large), { idleMs: 100 });
    const { socket, closed } = connect(listener);
    socket.pause();
    socket.on('drain', () => undefined);
    const query = framed(octets('query'));
    const asking = setInterval(() => {
      for (let index = 0; index < 50; index += 1) socket.write(query);
    }, 5);
    await closed;
    clearInterval(asking);
  });

  it('answers what a client asked before it closed its side, then closes', async () => {
    const held: (() => void)[] = [];
    const listener = await listen((message, _client, reply) => held.push(() => reply(message)));
    const { socket, received, closed } = connect(listener);
    socket.end(framed(octets('last')));
    await eventually(() => assert.equal(held.length, 1));
    held[0]?.();
    await closed;
    assert.deepEqual(received, ['last']);
  });

  it('takes nothing more after stopAccepting, and answers what it has', async () => {
    const held: (() => void)[] = [];
    const listener = await listen((message, _client, reply) => held.push(() => reply(message)));
    const { socket, received } = connect(listener);
    socket.write(framed(octets('taken')));
    await eventually(() => assert.equal(held.length, 1));
    listener.stopAccepting();
    socket.write(framed(octets('too late')));
    const late = connect(listener);
    await late.closed;
    held[0]?.();
    await eventually(() => assert.deepEqual(received, ['taken']));
    assert.equal(held.length, 1);
    assert.equal(listener.pending, 0);
  });
});

function octets(message: string): Uint8Array {
  return new TextEncoder().encode(message);
}

function text(message: Uint8Array): string {
  return new TextDecoder().decode(message);
}
