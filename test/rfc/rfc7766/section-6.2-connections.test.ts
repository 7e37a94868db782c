import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { Responder } from '../../../src/resolver/listeners/listener.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import {
  connectPlain,
  connectSecure,
  openListener,
  type TestListener,
} from '../../resolver/listeners/stream-listeners.ts';
import { eventually } from '../../support/eventually.ts';

const echo: Responder = (octets, _client, answer) => answer(octets);

/** What RFC 7766 says of TCP holds within TLS (RFC 7858 section 3.3). */
for (const transport of ['tcp', 'dot'] as const) {
  describe(`RFC 7766, connections over ${transport}`, () => {
    const connect = (to: TestListener): Promise<Socket> =>
      transport === 'tcp' ? connectPlain(to) : connectSecure(to);

    function received(socket: Socket): string[] {
      const framing = new MessageFraming();
      const texts: string[] = [];
      socket.on('data', chunk => {
        framing.add(chunk);
        for (let message = framing.next(); message; message = framing.next())
          texts.push(new TextDecoder().decode(message));
      });
      return texts;
    }

    it('section 6.2.1.1: answers leave in the order in which they are ready', async () => {
      const held = new Map<string, () => void>();
      await using listener = await openListener(transport, (octets, _client, answer) =>
        held.set(new TextDecoder().decode(octets), () => answer(octets)),
      );
      const socket = await connect(listener);
      const texts = received(socket);
      socket.write(Buffer.concat(['one', 'two', 'three'].map(text => framed(Buffer.from(text)))));
      await eventually(() => assert.equal(held.size, 3));
      for (const text of ['three', 'one', 'two']) held.get(text)?.();
      await eventually(() => assert.deepEqual(texts, ['three', 'one', 'two']));
      socket.destroy();
    });

    it('section 6.2.3: a connection is idle from its last query on, and is not while one is under way', async () => {
      const held: (() => void)[] = [];
      await using listener = await openListener(
        transport,
        (octets, _client, answer) => held.push(() => answer(octets)),
        { limits: { idleMs: 150 } },
      );
      const socket = await connect(listener);
      const texts = received(socket);
      socket.write(framed(Buffer.from('slow')));
      await eventually(() => assert.equal(held.length, 1));
      await new Promise(resolve => setTimeout(resolve, 450));
      assert.equal(socket.closed, false);
      held[0]?.();
      await once(socket, 'close');
      assert.deepEqual(texts, ['slow']);
    });

    it('section 6.2.4: what a client asked before it closed its side is answered', async () => {
      const held: (() => void)[] = [];
      await using listener = await openListener(transport, (octets, _client, answer) =>
        held.push(() => answer(octets)),
      );
      const socket = await connect(listener);
      const texts = received(socket);
      socket.end(framed(Buffer.from('last')));
      await eventually(() => assert.equal(held.length, 1));
      held[0]?.();
      await eventually(() => assert.deepEqual(texts, ['last']));
      await eventually(() => assert.equal(listener.connections.count, 0));
    });

    it('section 8: length and message may come in any pieces', async () => {
      await using listener = await openListener(transport, echo);
      const socket = await connect(listener);
      const texts = received(socket);
      for (const octet of Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))])) {
        socket.write(Buffer.of(octet));
        await new Promise(resolve => setImmediate(resolve));
      }
      await eventually(() => assert.deepEqual(texts, ['one', 'two']));
      socket.destroy();
    });
  });
}
