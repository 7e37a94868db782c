/** Authoritative servers as they should not be, all at one address; which one is played is told by the zone of the question. */
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { a, cname, ns, txt } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';
import { places } from '../universe/zones.ts';
import { type HostileZone, ports, randomLabel, shape } from './field.ts';
import { pointerBomb } from './malformed.ts';

type Send = (octets: Uint8Array) => void;

/** Longer than a resolver waits before it tries again, shorter than it waits in all. */
const slowMs = 1200;
/** Name servers in one referral, each of which would have to be looked up at somebody else's (NXNSAttack, 2020). */
const nxnsServers = 60;
/** Records of some 250 octets: nearly what a message can hold. */
const hugeRecords = 240;

/** Listens until it is disposed of. */
export async function openHostileServer(): Promise<AsyncDisposable> {
  const udp = createSocket('udp4');
  udp.on('error', () => undefined);
  udp.on('message', (octets, { port, address }) => {
    answer(octets, 'udp', reply => udp.send(reply, port, address, () => undefined));
  });
  const connections = new Set<Socket>();
  const tcp = createServer(socket => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => connections.delete(socket));
    const framing = new MessageFraming();
    socket.on('data', chunk => {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next())
        answer(octets, 'tcp', reply => socket.writable && socket.write(framed(reply)));
    });
  });
  udp.bind(ports.dns, places.hostile);
  tcp.listen(ports.dns, places.hostile);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return {
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.destroy();
      udp.close();
      tcp.close();
    },
  };
}

function answer(octets: Uint8Array, transport: 'udp' | 'tcp', send: Send): void {
  const query = decodeMessage(octets);
  const [question] = query.questions;
  if (!question) return;
  const name = formatName(question.name);
  const zone = name.toLowerCase().split('.').at(-3) as HostileZone | undefined;
  const play = zone === undefined ? undefined : plays[zone];
  play?.({ query, name, transport, send });
}

interface Call {
  readonly query: Message;
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  readonly send: Send;
}

const plays: Readonly<Record<HostileZone, (call: Call) => void>> = {
  lame: ({ query, send }) => send(encodeMessage(replyTo(query, { rcode: rcodes.REFUSED }))),
  silent: () => undefined,
  slow: ({ query, name, send }) => {
    const reply = encodeMessage(authoritative(query, { answers: [a(name, '198.18.0.1', 0)] }));
    setTimeout(() => send(reply), slowMs).unref();
  },
  nxns: ({ query, name, send }) => {
    const servers = Array.from({ length: nxnsServers }, () =>
      ns(name, `${randomLabel()}.zone${randomInt(shape.zones)}.test.`),
    );
    send(encodeMessage(replyTo(query, { authorities: servers })));
  },
  huge: ({ query, name, transport, send }) => {
    if (transport === 'udp') {
      send(encodeMessage(authoritative(query, { flags: { ...aa(query), tc: true } })));
      return;
    }
    const text = (): string => randomBytes(100).toString('hex');
    send(
      encodeMessage(
        authoritative(query, { answers: Array.from({ length: hugeRecords }, () => txt(name, text())) }),
      ),
    );
  },
  garbage: ({ query, send }) => {
    const id = Buffer.alloc(2);
    id.writeUInt16BE(query.id);
    const proper = Buffer.from(
      encodeMessage(authoritative(query, { answers: [a('other.test.', '198.18.0.1')] })),
    );
    const variants = [
      () => Buffer.concat([id, randomBytes(randomInt(600))]),
      () => proper.subarray(0, randomInt(proper.length)),
      () => pointerBomb(query.id, 0x8400),
      () => proper,
    ];
    send(variants[randomInt(variants.length)]?.() ?? proper);
  },
  loop: ({ query, name, send }) =>
    send(encodeMessage(authoritative(query, { answers: [cname(name, `${randomLabel()}.loop.test.`, 1)] }))),
};

function aa(query: Message): Message['flags'] {
  return { ...query.flags, qr: true, aa: true, ra: false };
}

function authoritative(query: Message, fields: Partial<Message>): Message {
  return replyTo(query, { flags: aa(query), ...fields });
}
