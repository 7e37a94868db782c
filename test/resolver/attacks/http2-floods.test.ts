import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { eventually } from '../../support/eventually.ts';
import {
  connectDoh,
  connectSecure,
  openListener,
  queryPath,
  request,
  type TestListener,
  type TestListenerOptions,
} from '../listeners/stream-listeners.ts';
import { frame, frameFlags, frameTypes, getBlock, headerBlock, preface, readFrames } from './http2-frames.ts';

const query = new Uint8Array(12);
const path = queryPath(query);
const postBlock = headerBlock({
  ':method': 'POST',
  ':scheme': 'https',
  ':authority': 'dns.example',
  ':path': '/dns-query',
  'content-type': 'application/dns-message',
});

describe('HTTP/2 used as a weapon', () => {
  const echo = (options?: TestListenerOptions): Promise<TestListener> =>
    openListener('doh', (octets, _client, answer) => answer(octets), options);

  /** A session of frames by hand, its preface sent; `received` grows. */
  async function raw(
    to: TestListener,
  ): Promise<{ socket: TLSSocket; received: () => Buffer; closed: Promise<unknown> }> {
    const socket = await connectSecure(to, { protocols: ['h2'] });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(preface);
    return { socket, received: () => Buffer.concat(chunks), closed: closing(socket) };
  }

  const get = (stream: number, block = getBlock(path)): Buffer =>
    frame({
      type: frameTypes.headers,
      flags: frameFlags.endHeaders | frameFlags.endStream,
      stream,
      payload: block,
    });
  /** A request whose content is still to come. */
  const open = (stream: number): Buffer =>
    frame({ type: frameTypes.headers, flags: frameFlags.endHeaders, stream, payload: postBlock });
  const reset = (stream: number): Buffer =>
    frame({ type: frameTypes.rstStream, stream, payload: Buffer.of(0, 0, 0, constants.NGHTTP2_CANCEL) });

  it('Rapid Reset (CVE-2023-44487): a session that takes its requests back is ended, and costs few queries', async () => {
    let taken = 0;
    await using doh = await openListener(
      'doh',
      () => {
        taken += 1;
      },
      { limits: { resets: 100, pendingPerSession: 20 } },
    );
    const { socket, closed } = await raw(doh);
    for (let stream = 1; stream < 4000 && socket.writable; stream += 2)
      socket.write(Buffer.concat([get(stream), reset(stream)]));
    await closed;
    assert.equal(doh.counters.cut.resets + doh.counters.cut.protocol, 1);
    assert.ok(doh.counters.resets >= 1);
    assert.ok(taken <= 20, `${taken} queries were taken`);
    await eventually(() => assert.equal(doh.connections.count, 0));
  });

  it('Rapid Reset, each in a packet of its own: what was taken stays under way until it is answered', async () => {
    const held: (() => void)[] = [];
    await using doh = await openListener(
      'doh',
      (octets, _client, answer) => held.push(() => answer(octets)),
      {
        limits: { resets: 10, pendingPerSession: 4 },
      },
    );
    const { socket, closed } = await raw(doh);
    let stream = 1;
    for (; stream < 9; stream += 2) {
      socket.write(get(stream));
      await eventually(() => assert.equal(held.length, (stream + 1) / 2));
      socket.write(reset(stream));
      await eventually(() => assert.equal(doh.counters.resets, (stream + 1) / 2));
    }
    // Four are under way although no stream is open: the fifth is sent back unread.
    socket.write(get(stream));
    await eventually(() => assert.equal(doh.counters.refusedStreams, 1));
    assert.equal(doh.counters.resets, 4);
    assert.equal(held.length, 4);
    assert.equal(doh.listener.pending, 4);
    for (stream += 2; stream < 60 && socket.writable; stream += 2)
      socket.write(Buffer.concat([get(stream), reset(stream)]));
    await closed;
    assert.equal(doh.counters.cut.resets, 1);
    for (const answer of held) answer();
    assert.equal(doh.listener.pending, 0);
  });

  it('a client that now and then takes a request back is left alone', async () => {
    await using doh = await echo({ limits: { resets: 3 } });
    const { socket, received } = await raw(doh);
    const answers = (): number =>
      readFrames(received()).filter(({ type }) => type === frameTypes.headers).length;
    for (let times = 1; times <= 20; times += 1) {
      const stream = 4 * times;
      socket.write(get(stream + 1));
      await eventually(() => assert.equal(answers(), times), { every: 1 });
      socket.write(open(stream + 3));
      socket.write(reset(stream + 3));
      await eventually(() => assert.equal(doh.counters.resets, times), { every: 1 });
    }
    assert.equal(socket.writable, true);
    socket.destroy();
  });

  it('CONTINUATION flood (CVE-2024-27983): header blocks without an end are cut short', async () => {
    await using doh = await echo();
    const { socket, closed } = await raw(doh);
    socket.write(frame({ type: frameTypes.headers, stream: 1, payload: getBlock(path) }));
    let sent = 0;
    while (socket.writable && sent < 5000) {
      socket.write(
        frame({
          type: frameTypes.continuation,
          stream: 1,
          payload: getBlock(path, { [`x-${sent}`]: 'x'.repeat(500) }).subarray(-520),
        }),
      );
      sent += 1;
      if (sent % 10 === 0) await new Promise(resolve => setImmediate(resolve));
    }
    await closed;
    assert.ok(sent < 5000, 'all of it was read');
    await eventually(() => assert.equal(doh.connections.count, 0));
  });

  it('header floods: too many fields, or too long, never come to the resolver', async () => {
    let taken = 0;
    await using doh = await openListener('doh', (octets, _client, answer) => {
      taken += 1;
      answer(octets);
    });
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, number) => [`x-${number}`, 'x']));
    const session = await connectDoh(doh);
    await assert.rejects(request(session, { ':path': path, ...many }));
    await assert.rejects(request(session, { ':path': path, 'x-long': 'x'.repeat(40_000) }));
    assert.equal(taken, 0);
    session.destroy();
  });

  it('a header block that never ends holds its connection for the idle time, not longer', async () => {
    await using doh = await echo({ limits: { idleMs: 200 } });
    const { socket, closed } = await raw(doh);
    socket.write(frame({ type: frameTypes.headers, stream: 1, payload: getBlock(path) }));
    // Frames that ask for nothing do not keep it either.
    const pinging = setInterval(
      () => socket.write(frame({ type: frameTypes.continuation, stream: 1, payload: Buffer.alloc(0) })),
      40,
    );
    await closed;
    clearInterval(pinging);
  });

  it('PING does not keep a session that asks nothing', async () => {
    await using doh = await echo({ limits: { idleMs: 200 } });
    const { socket, closed } = await raw(doh);
    const ping = frame({ type: frameTypes.ping, payload: Buffer.alloc(8) });
    const pinging = setInterval(() => socket.write(ping), 40);
    await closed;
    clearInterval(pinging);
    await eventually(() => assert.equal(doh.connections.count, 0));
  });

  it('PING and SETTINGS floods whose acknowledgements are not read end the session', async () => {
    await using doh = await echo({ limits: { idleMs: 3000 } });
    for (const flood of [
      frame({ type: frameTypes.ping, payload: Buffer.alloc(8) }),
      frame({ type: frameTypes.settings, payload: Buffer.of(0, 3, 0, 0, 0, 1) }),
    ]) {
      const { socket, closed } = await raw(doh);
      socket.pause();
      const chunk = Buffer.concat(Array.from({ length: 2000 }, () => flood));
      const pouring = setInterval(() => socket.write(chunk), 10);
      // A paused socket does not hear of its end; writing to it does.
      await eventually(() => assert.equal(doh.connections.count, 0), { within: 10_000 });
      clearInterval(pouring);
      socket.destroy();
      await closed;
    }
  });

  it('slow POST: content must come whole in its time, however it trickles', async () => {
    await using doh = await echo({ limits: { messageMs: 200 } });
    const session = await connectDoh(doh);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/dns-query',
      'content-type': 'application/dns-message',
    });
    stream.on('error', () => undefined);
    const trickle = setInterval(() => stream.write(Buffer.of(0)), 20);
    stream.once('close', () => clearInterval(trickle));
    await once(stream, 'close');
    assert.deepEqual([doh.counters.cut['slow-message'], doh.counters.resets], [1, 0]);
    assert.equal((await request(session, { ':path': path })).status, 200, 'the session goes on');
    session.destroy();
  });

  it('content without an end is refused at the size of the largest message, and read no further', async () => {
    let taken = 0;
    await using doh = await openListener('doh', (octets, _client, answer) => {
      taken += 1;
      answer(octets);
    });
    const session = await connectDoh(doh);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/dns-query',
      'content-type': 'application/dns-message',
    });
    stream.on('error', () => undefined);
    const [headers] = await Promise.all([
      once(stream, 'response'),
      (async () => {
        for (let sent = 0; sent < 40 && !stream.closed; sent += 1) {
          stream.write(new Uint8Array(16_384));
          await new Promise(resolve => setTimeout(resolve, 5));
        }
      })(),
    ]);
    assert.equal(headers[0][':status'], 413);
    assert.equal(taken, 0);
    session.destroy();
  });

  it('slow readers: a session whose client takes no answers is ended', async () => {
    await using doh = await openListener(
      'doh',
      (_octets, _client, answer) => answer(new Uint8Array(60_000)),
      {
        limits: { idleMs: 5000 },
      },
    );
    const session = await connectDoh(doh, { settings: { initialWindowSize: 0 } });
    for (let asked = 0; asked < 20; asked += 1)
      session.request({ ':path': path }).on('error', () => undefined);
    await once(session, 'close');
    assert.equal(doh.counters.cut['slow-reader'], 1);
    await eventually(() => assert.equal(doh.connections.count, 0));
  });

  it('slow readers: one answer that is not taken holds the session for the idle time', async () => {
    await using doh = await echo({ limits: { idleMs: 200 } });
    const session = await connectDoh(doh, { settings: { initialWindowSize: 0 } });
    session.request({ ':path': path }).on('error', () => undefined);
    await once(session, 'close');
    assert.equal(doh.counters.cut['slow-reader'], 1);
  });

  it('a session ends after so many requests, each of them answered', async () => {
    await using doh = await echo({ limits: { queriesPerConnection: 5 } });
    const session = await connectDoh(doh);
    const goaway = once(session, 'goaway');
    for (let asked = 0; asked < 5; asked += 1)
      assert.equal((await request(session, { ':path': path })).status, 200);
    assert.equal((await goaway)[0], 0);
    await eventually(() => assert.equal(doh.connections.count, 0));
  });
});

/** `once` of node:events would reject with the error of a connection that is reset. */
function closing(socket: TLSSocket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()));
}
