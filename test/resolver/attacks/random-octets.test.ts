import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { framed } from '../../../src/resolver/message-framing.ts';
import { eventually } from '../../support/eventually.ts';
import { proxyHeader } from '../listeners/proxy-headers.ts';
import {
  connectDoh,
  connectPlain,
  connectSecure,
  host,
  openListener,
  queryPath,
  request,
  type TestListener,
} from '../listeners/stream-listeners.ts';
import { frame, getBlock, headerBlock, preface } from './http2-frames.ts';

const runs = { numRuns: 60 };

/** What a listener throws for anybody's octets ends the PoP: here it would end this process. */
describe('octets at random', () => {
  const limits = { messageMs: 2000, idleMs: 2000, connectionsPerClient: 1000, connections: 4000 };
  const later: (() => void)[] = [];
  const open = (transport: 'tcp' | 'dot' | 'doh', proxies: readonly string[] = []): Promise<TestListener> =>
    openListener(
      transport,
      (octets, _client, answer) => {
        // Some at once, some after the connection may have gone.
        if (octets.length % 2 === 0) answer(octets.length < 12 ? undefined : octets);
        else later.push(() => answer(octets));
      },
      { limits, proxies },
    );

  /** Says it and goes, at once or when the other end has. */
  async function say(socket: Socket, octets: Uint8Array, isPatient: boolean): Promise<void> {
    socket.resume();
    socket.end(octets);
    if (!isPatient) socket.destroy();
    await eventually(
      () => {
        // Whoever has asked and said that this was all may still wait for the answer.
        answerLater();
        assert.ok(socket.closed);
      },
      { within: 4000, every: 1 },
    );
  }

  function answerLater(): void {
    for (const answer of later.splice(0)) answer();
  }

  async function everybodyLeaves({ connections }: TestListener): Promise<void> {
    await eventually(() => {
      answerLater();
      assert.equal(connections.count, 0);
    });
  }

  const someFrames = fc
    .array(
      fc.record({
        type: fc.integer({ min: 0, max: 11 }),
        flags: fc.constantFrom(0, 1, 4, 5, 0xff),
        stream: fc.constantFrom(0, 1, 1, 1, 3, 5, 2, 0x7fffffff),
        payload: fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          fc.constantFrom(
            getBlock(queryPath(new Uint8Array(12))),
            getBlock(queryPath(new Uint8Array(13))),
            getBlock('/elsewhere'),
            headerBlock({
              ':method': 'POST',
              ':scheme': 'https',
              ':authority': 'dns.example',
              ':path': '/dns-query',
              'content-type': 'application/dns-message',
            }),
            Buffer.of(0, 0, 0, 8),
          ),
        ),
      }),
      { maxLength: 12 },
    )
    .map(frames => Buffer.concat([preface, ...frames.map(frame)]));

  it('within TLS, as HTTP/2 frames, stop nothing', async () => {
    await using doh = await open('doh');
    const property = fc.asyncProperty(someFrames, fc.boolean(), async (octets, isPatient) => {
      await say(await connectSecure(doh, { protocols: ['h2'] }), octets, isPatient);
    });
    const waitsForItsAnswer = frame({
      type: 1,
      flags: 5,
      stream: 1,
      payload: getBlock(queryPath(new Uint8Array(13))),
    });
    await fc.assert(property, { ...runs, examples: [[Buffer.concat([preface, waitsForItsAnswer]), true]] });
    const session = await connectDoh(doh);
    assert.equal((await request(session, { ':path': queryPath(new Uint8Array(12)) })).status, 200);
    session.destroy();
    await everybodyLeaves(doh);
    assert.equal(doh.listener.pending, 0);
  });

  for (const transport of ['tcp', 'dot', 'doh'] as const) {
    for (const proxies of [[], [`${host}/32`]]) {
      it(`over ${transport}${proxies.length > 0 ? ', after a PROXY header or none,' : ''} stop nothing`, async () => {
        await using listener = await open(transport, proxies);
        const octets = fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          fc.uint8Array({ maxLength: 60 }).map(message => framed(message)),
          fc.uint8Array({ maxLength: 60 }).map(rest => Buffer.concat([proxyHeader(), rest])),
          fc.uint8Array({ maxLength: 60 }).map(rest => Buffer.concat([Buffer.of(0x16, 3, 1, 0, 40), rest])),
        );
        const property = fc.asyncProperty(octets, async said => {
          await say(await connectPlain(listener), said, false);
        });
        await fc.assert(property, runs);
        await everybodyLeaves(listener);
        if (transport !== 'tcp') return;
        const socket = await connectPlain(listener);
        const query = framed(new Uint8Array(12));
        socket.write(proxies.length > 0 ? Buffer.concat([proxyHeader(), query]) : query);
        assert.equal((await once(socket, 'data'))[0].length, query.length);
        socket.destroy();
      });
    }
  }
});
