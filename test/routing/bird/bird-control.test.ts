/** The control-socket client against a peer that speaks BIRD's protocol, well and badly. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { type BirdControl, connectBird } from '../../../src/routing/bird/bird-control.ts';
import { Fault } from '../../../src/system/fault.ts';

const signal = AbortSignal.timeout(30_000);

/** Greets, then answers each command with `answer`. */
async function birdThat(answer: (command: string, socket: Socket) => void, greeting = '0001 BIRD ready.\n') {
  const folder = await mkdtemp(join(tmpdir(), 'anycast-bird-'));
  const path = join(folder, 'bird.ctl');
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(greeting);
    socket.on('data', data => answer(data.toString().trim(), socket));
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

function unreachable(error: unknown): boolean {
  return error instanceof Fault && error.code === 'unreachable';
}

async function isOver(control: BirdControl): Promise<void> {
  assert(control.isClosed);
  await assert.rejects(control.command('show status', signal), unreachable);
}

suite('the control socket of BIRD', () => {
  test('gives each command its reply', async () => {
    await using bird = await birdThat((command, socket) => socket.write(`0013-${command}\n0000 \n`));
    await using control = await connectBird(bird.path, signal);
    for (const command of ['show status', 'show protocols']) {
      const { code, lines } = await control.command(command, signal);
      assert.deepEqual([code, lines[0]?.text], [0, command]);
    }
  });

  test('a refusal is a reply, not a fault', async () => {
    await using bird = await birdThat((_, socket) => socket.write('9001 syntax error\n'));
    await using control = await connectBird(bird.path, signal);
    assert.equal((await control.command('shwo', signal)).code, 9001);
  });

  test('nobody at the path is unreachable', async () => {
    await assert.rejects(connectBird(join(tmpdir(), 'nobody.ctl'), signal), unreachable);
  });

  test('something that does not greet like BIRD is unreachable', async () => {
    await using stranger = await birdThat(() => undefined, 'HTTP/1.1 400 Bad Request\r\n');
    await assert.rejects(connectBird(stranger.path, signal), unreachable);
  });

  test('a connection that ends before the reply is unreachable', async () => {
    await using bird = await birdThat((_, socket) => socket.end('0002-Reading configuration\n'));
    await using control = await connectBird(bird.path, signal);
    await assert.rejects(control.command('configure', signal), unreachable);
    await isOver(control);
  });

  test('a reply that nobody asked for ends the connection', async () => {
    await using bird = await birdThat((_, socket) => socket.write('0000 \n0000 \n'));
    await using control = await connectBird(bird.path, signal);
    await control.command('show status', signal);
    await isOver(control);
  });

  test('an aborted command gives the reason and ends the connection, whose late reply would be mistaken for the next', async () => {
    const abort = new AbortController();
    await using bird = await birdThat(() => abort.abort(new Error('enough')));
    await using control = await connectBird(bird.path, signal);
    await assert.rejects(control.command('show status', abort.signal), /enough/);
    await isOver(control);
  });

  test('silence is unreachable in bounded time', async () => {
    await using bird = await birdThat(() => undefined);
    await using control = await connectBird(bird.path, signal);
    await assert.rejects(control.command('show status', signal), unreachable);
    await isOver(control);
  });
});
