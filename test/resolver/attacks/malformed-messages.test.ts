/**
 * Messages that are none, over every transport of a whole resolver: each costs a FORMERR or nothing, and the next good
 * query is answered. Their cost to read is bounded in `dns/reader.ts` (CVE-2024-8508, CVE-2026-96405).
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect as connectHttp2 } from 'node:http2';
import { createConnection } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { request } from '../listeners/stream-listeners.ts';
import { a, edns, query } from '../messages.ts';
import { openUpstream, replyTo } from '../scripted-upstream.ts';
import { openTestResolver, type TestResolver } from '../test-resolver.ts';
import { dohPort, dotPort, type TlsDeployment, tlsDeployment } from '../tls-deployment.ts';

const id = 0x4d41;
const good = encodeMessage(query('www.test.', 'A', { id, edns: edns() }));

function header(counts: readonly number[], flags = 0x0100): Buffer {
  const octets = Buffer.alloc(12);
  for (const [index, value] of [id, flags, ...counts].entries()) octets.writeUInt16BE(value, 2 * index);
  return octets;
}

const label = (length: number, octet = 0x61): Buffer =>
  Buffer.concat([Buffer.of(length), Buffer.alloc(length, octet)]);
const longName = Buffer.concat([label(60), label(60), label(60), label(60), Buffer.of(0)]);
const questionEnd = Buffer.of(0, 1, 0, 1);

/** Records that each have a name of their own, a short label before a pointer to a long name. */
function pointerBomb(count: number): Buffer {
  const record = Buffer.of(1, 0x62, 0xc0, 12, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0);
  return Buffer.concat([
    header([1, count, 0, 0]),
    longName,
    questionEnd,
    Buffer.alloc(count * record.length, record),
  ]);
}

function pointerChain(links: number): Buffer {
  const chain = Buffer.alloc(2 * links);
  for (let link = 1; link < links; link += 1)
    chain.writeUInt16BE(0xc000 | Math.min(12 + 2 * (link - 1), 0x3fff), 2 * link);
  return Buffer.concat([header([links, 0, 0, 0]), chain, questionEnd]);
}

const opt = (options: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.of(0, 0, 41, 4, 208, 0, 0, 0, 0, options.length >> 8, options.length & 0xff),
    options,
  ]);
const asked = (additionals: number, rest: Uint8Array): Buffer =>
  Buffer.concat([header([1, 0, 0, additionals]), label(3), Buffer.of(0), questionEnd, rest]);

/** What is no query, with what it gets: FORMERR, or nothing. */
const malformed: Readonly<Record<string, { octets: Uint8Array; isAnswered: boolean }>> = {
  'a header that is cut off': { octets: good.subarray(0, 11), isAnswered: false },
  'a response': { octets: good.with(2, 0x81), isAnswered: false },
  'a header alone that promises everything': {
    octets: header([65_535, 65_535, 65_535, 65_535]),
    isAnswered: true,
  },
  'octets after the end': { octets: Buffer.concat([good, Buffer.of(0)]), isAnswered: true },
  'an end before the end': { octets: good.subarray(0, good.length - 1), isAnswered: true },
  'a name that points to itself': {
    octets: Buffer.concat([header([1, 0, 0, 0]), Buffer.of(0xc0, 12), questionEnd]),
    isAnswered: true,
  },
  'a name that points ahead': {
    octets: Buffer.concat([header([1, 0, 0, 0]), Buffer.of(0xc0, 40), questionEnd, Buffer.alloc(30)]),
    isAnswered: true,
  },
  'a name of over 255 octets': {
    octets: Buffer.concat([header([1, 0, 0, 0]), label(60), longName, questionEnd]),
    isAnswered: true,
  },
  'a label of an unknown type': {
    octets: Buffer.concat([header([1, 0, 0, 0]), Buffer.of(0x80, 0), questionEnd]),
    isAnswered: true,
  },
  'a chain of 4000 pointers': { octets: pointerChain(4000), isAnswered: true },
  'names that expand to more than a megabyte': { octets: pointerBomb(4500), isAnswered: true },
  'thousands of EDNS options': {
    octets: asked(1, opt(Buffer.alloc(4 * 15_000, Buffer.of(0xfd, 0xe9, 0, 0)))),
    isAnswered: true,
  },
  'two OPT records': {
    octets: asked(2, Buffer.concat([opt(Buffer.of()), opt(Buffer.of())])),
    isAnswered: true,
  },
  'two questions': {
    octets: Buffer.concat([
      header([2, 0, 0, 0]),
      label(1),
      Buffer.of(0),
      questionEnd,
      Buffer.of(0),
      questionEnd,
    ]),
    isAnswered: true,
  },
};

interface Transport {
  readonly name: string;
  /** Sends all of them, a good query last, and gives the replies up to that one's. */
  say(messages: readonly Uint8Array[]): Promise<Uint8Array[]>;
}

describe('messages that are none', () => {
  const parts = new AsyncDisposableStack();
  let made: TlsDeployment;
  let resolver: TestResolver;
  before(async () => {
    made = parts.use(await tlsDeployment());
    const { deployment } = made;
    parts.use(
      await openUpstream(deployment.upstreams[0], deployment.upstreamPort, ({ query: wanted, send }) =>
        send(replyTo(wanted, { answers: [a('www.test.', '198.51.100.1')] })),
      ),
    );
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  const isLast = (octets: Uint8Array): boolean =>
    octets.length > 12 && decodeMessage(octets).answers.length > 0;

  const transports: readonly Transport[] = [
    {
      name: 'UDP',
      say: async messages => {
        const socket = createSocket('udp4');
        const replies: Uint8Array[] = [];
        const done = new Promise<void>(resolve =>
          socket.on('message', octets => {
            replies.push(octets);
            if (isLast(octets)) resolve();
          }),
        );
        const { service, port } = made.deployment;
        for (const octets of messages)
          await new Promise<void>(resolve => socket.send(octets, port, service, () => resolve()));
        await done;
        socket.close();
        return replies;
      },
    },
    { name: 'TCP', say: messages => overStream('tcp', messages) },
    { name: 'DoT', say: messages => overStream('dot', messages) },
    {
      name: 'DoH',
      say: async messages => {
        const session = connectHttp2(`https://${made.deployment.service}:${dohPort}`, {
          rejectUnauthorized: false,
        });
        const replies: Uint8Array[] = [];
        for (const octets of messages) {
          const headers = {
            ':method': 'POST',
            ':path': '/dns-query',
            'content-type': 'application/dns-message',
          };
          const reply = await request(session, headers, octets);
          if (reply.status === 200) replies.push(reply.content);
          else assert.equal(reply.status, 400);
        }
        session.destroy();
        return replies;
      },
    },
  ];

  async function overStream(kind: 'tcp' | 'dot', messages: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const { service, port } = made.deployment;
    const plain = createConnection({ host: service, port: kind === 'tcp' ? port : dotPort });
    const socket = kind === 'tcp' ? plain : connectTls({ socket: plain, rejectUnauthorized: false });
    const framing = new MessageFraming();
    const replies: Uint8Array[] = [];
    for (const octets of messages) socket.write(framed(octets));
    for await (const chunk of socket) {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next()) replies.push(octets);
      const last = replies.at(-1);
      if (last && isLast(last)) break;
    }
    socket.destroy();
    return replies;
  }

  for (const { name, say } of transports) {
    it(`over ${name} get FORMERR or nothing, and the next query its answer`, async () => {
      for (const [what, { octets, isAnswered }] of Object.entries(malformed)) {
        const replies = await say([octets, good]);
        const last = replies.pop();
        assert.ok(last && decodeMessage(last).answers.length === 1, what);
        assert.deepEqual(
          replies.map(reply => decodeMessage(reply).rcode),
          isAnswered ? [rcodes.FORMERR] : [],
          what,
        );
        // Nothing of it is sent back: a forger of addresses gains nothing.
        for (const reply of replies)
          assert.ok(reply.length <= octets.length + 11, `${what}: ${reply.length}`);
      }
    });
  }

  it('are no fault of the resolver', async () => {
    const { management, telemetryPort } = made.deployment;
    const page = await (await fetch(`http://${management}:${telemetryPort}/metrics`)).text();
    assert.match(page, /^anycast_resolver_faults_total 0$/m);
    assert.equal(resolver.running.status.state, 'serving');
  });
});
