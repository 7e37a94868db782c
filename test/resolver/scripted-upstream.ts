/** An upstream that says what the test tells it to, over UDP and TCP on one address. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { framed, MessageFraming } from '../../src/resolver/message-framing.ts';

export interface UpstreamCall {
  readonly query: Message;
  readonly transport: 'udp' | 'tcp';
  /** Where the query came from. */
  readonly from: { readonly address: string; readonly port: number };
  /** Sends a message, or any octets. */
  send(answer: Message | Uint8Array): void;
}

export interface ScriptedUpstream extends AsyncDisposable {
  /** Every query so far, in order. */
  readonly calls: readonly UpstreamCall[];
}

export async function openUpstream(
  address: string,
  port: number,
  script: (call: UpstreamCall) => void,
): Promise<ScriptedUpstream> {
  const calls: UpstreamCall[] = [];
  const take = (call: UpstreamCall): void => {
    calls.push(call);
    script(call);
  };
  const octetsOf = (answer: Message | Uint8Array): Uint8Array =>
    answer instanceof Uint8Array ? answer : encodeMessage(answer);
  const udp = createSocket('udp4');
  udp.on('message', (octets, from) => {
    const send = (answer: Message | Uint8Array): void => {
      if (!closed) udp.send(octetsOf(answer), from.port, from.address);
    };
    take({ query: decodeMessage(octets), transport: 'udp', from, send });
  });
  let closed = false;
  const connections = new Set<Socket>();
  const tcp = createServer(socket => {
    connections.add(socket);
    socket.on('error', () => socket.destroy());
    const framing = new MessageFraming();
    const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    socket.on('data', chunk => {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next()) {
        const send = (answer: Message | Uint8Array): void => void socket.write(framed(octetsOf(answer)));
        take({ query: decodeMessage(octets), transport: 'tcp', from, send });
      }
    });
  });
  udp.bind(port, address);
  tcp.listen(port, address);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return {
    calls,
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const connection of connections) connection.destroy();
      udp.close();
      tcp.close();
      await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
    },
  };
}

/** The reply to `query` with nothing in it but what `fields` says. */
export function replyTo(query: Message, fields: Partial<Message> = {}): Message {
  const { edns, ...rest } = query;
  return {
    ...rest,
    flags: { ...query.flags, qr: true, ra: true },
    ...(edns && { edns: { ...edns, udpPayloadSize: 1232, options: [] } }),
    ...fields,
  };
}
