import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  askControl,
  type ControlPeer,
  connectControl,
  serveControl,
} from '../../src/system/control-socket.ts';
import { Fault } from '../../src/system/fault.ts';

/** Resolves when the socket has closed, with an error or without. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()));
}

describe('a control socket', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'control-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const handlers = {
    double: ({ n }: Readonly<Record<string, unknown>>) => Number(n) * 2,
    refuse: () => {
      throw new Fault('refused', 'not today', { hint: 'tomorrow' });
    },
    never: () => new Promise(() => undefined),
  };

  it('answers requests, several at once, each with its own result', async () => {
    const path = join(folder, 'a.sock');
    await using _server = await serveControl(path, handlers);
    await using client = await connectControl(path);
    const results = await Promise.all([1, 2, 3].map(n => client.request('double', { n })));
    assert.deepEqual(results, [2, 4, 6]);
  });

  it('carries a fault with its code and hint', async () => {
    const path = join(folder, 'b.sock');
    await using _server = await serveControl(path, handlers);
    await assert.rejects(askControl(path, 'refuse'), {
      code: 'refused',
      message: 'not today',
      hint: 'tomorrow',
    });
    await assert.rejects(askControl(path, 'constructor'), {
      code: 'usage',
      hint: 'known requests: double, refuse, never',
    });
  });

  it('pushes to every client', async () => {
    const path = join(folder, 'c.sock');
    await using server = await serveControl(path, handlers);
    const seen = Promise.withResolvers<unknown>();
    await using client = await connectControl(path, (name, data) => seen.resolve({ name, data }));
    await client.request('double', { n: 1 });
    server.push('heartbeat', { sequence: 7 });
    assert.deepEqual(await seen.promise, { name: 'heartbeat', data: { sequence: 7 } });
  });

  it('tells a waiting client that the server is gone, and leaves no file', async () => {
    const path = join(folder, 'd.sock');
    const server = await serveControl(path, handlers);
    const client = await connectControl(path);
    const waiting = client.request('never');
    await server[Symbol.asyncDispose]();
    await assert.rejects(waiting, { code: 'unreachable' });
    await client.closed;
    assert.ok(!(await readdir(folder)).includes('d.sock'));
  });

  it('tells a handler when the connection that asked is over, and not before', async () => {
    const path = join(folder, 'l.sock');
    const peers: ControlPeer[] = [];
    await using _server = await serveControl(path, { hello: (_args, peer) => void peers.push(peer) });
    const client = await connectControl(path);
    await using other = await connectControl(path);
    await client.request('hello');
    await other.request('hello');
    const [first, second] = peers;
    assert.ok(first && second);
    assert.equal(first.closed.aborted, false);
    const over = once(first.closed, 'abort');
    await client[Symbol.asyncDispose]();
    await over;
    assert.equal(second.closed.aborted, false);
  });

  it('gives up a request whose signal aborts, and stays usable', async () => {
    const path = join(folder, 'e.sock');
    await using _server = await serveControl(path, handlers);
    await using client = await connectControl(path);
    const stop = new AbortController();
    const waiting = client.request('never', {}, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    assert.equal(await client.request('double', { n: 4 }), 8);
  });

  it('replaces the file of a dead server, and refuses to take over from a living one', async () => {
    const path = join(folder, 'f.sock');
    await using _server = await serveControl(path, handlers);
    await assert.rejects(serveControl(path, handlers), { code: 'busy' });
  });

  it('cuts off a client that sends no request, and serves the others', async () => {
    const path = join(folder, 'g.sock');
    await using _server = await serveControl(path, handlers);
    const stranger = createConnection(path);
    stranger.on('error', () => undefined);
    stranger.write('hello?\n');
    await closeOf(stranger);
    assert.equal(await askControl(path, 'double', { n: 5 }), 10);
  });

  it('cuts off a client that never ends its line', async () => {
    const path = join(folder, 'h.sock');
    await using _server = await serveControl(path, handlers);
    const stranger = createConnection(path);
    stranger.on('error', () => undefined);
    const chunk = Buffer.alloc(1024 * 1024, 0x61);
    for (let sent = 0; sent < 6; sent += 1) stranger.write(chunk);
    await closeOf(stranger);
    assert.equal(await askControl(path, 'double', { n: 6 }), 12);
  });

  it('says that nobody listens', async () => {
    const path = join(folder, 'i.sock');
    await assert.rejects(connectControl(path), { code: 'unreachable' });
    const server = createServer().listen(path);
    await once(server, 'listening');
    server.close();
  });

  it('says where it cannot serve, and what may be wrong there', async () => {
    const cannot = { code: 'environment', message: /^cannot serve / };
    await assert.rejects(serveControl(join(folder, 'missing', 'k.sock'), {}), cannot);
    // Longer than sockaddr_un holds.
    await assert.rejects(serveControl(join(folder, 'k'.repeat(120)), {}), cannot);
  });
});
