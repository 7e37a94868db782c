/** One query to one server over a transport of the caller's choice, for verbs that ask as a client does. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeHeader } from '../../dns/header.ts';
import type { IpAddress } from '../../ip/address.ts';
import { framed, MessageFraming } from '../../resolver/message-framing.ts';
import type { Transport } from '../../resolver/transport.ts';

export interface AskedServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly transport: Transport;
  /** The name that the certificate must be for; needed over DoT and DoH unless `isUnverified`. */
  readonly tlsName?: string | undefined;
  /** PEM; the system's authorities when absent. */
  readonly ca?: Buffer | undefined;
  readonly isUnverified?: boolean;
  /** Of DoH. */
  readonly path: string;
}

/** The ports that RFC 1035, 7858 and 8484 give. */
export const standardPorts: Readonly<Record<Transport, number>> = { udp: 53, tcp: 53, dot: 853, doh: 443 };

/** Rejects with the signal's reason, with the system's or TLS's error, and with an error that gives the HTTP status. */
export async function askServer(
  query: Uint8Array,
  server: AskedServer,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  if (server.transport === 'udp') return await askUdp(query, server, signal);
  if (server.transport === 'doh') return await askDoh(query, server, signal);
  const { address, port } = server;
  const socket =
    server.transport === 'tcp'
      ? createConnection({ host: address.text, port })
      : connectTls({ host: address.text, port, ALPNProtocols: ['dot'], ...tlsOptions(server) });
  return await askStream(query, socket, signal);
}

async function askUdp(
  query: Uint8Array,
  { address, port }: AskedServer,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const socket = createSocket(address.family === 4 ? 'udp4' : 'udp6');
  try {
    socket.connect(port, address.text);
    await once(socket, 'connect', { signal });
    socket.send(query);
    for (;;) {
      const [octets] = (await once(socket, 'message', { signal })) as [Buffer];
      if (isAnswerTo(query, octets)) return new Uint8Array(octets);
    }
  } finally {
    socket.close();
  }
}

async function askStream(query: Uint8Array, socket: Socket, signal: AbortSignal): Promise<Uint8Array> {
  const end = (): void => void socket.destroy(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  try {
    const framing = new MessageFraming();
    socket.write(framed(query));
    for await (const chunk of socket) {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next())
        if (isAnswerTo(query, octets)) return octets;
    }
    throw new Error('the server closed the connection without an answer');
  } finally {
    signal.removeEventListener('abort', end);
    socket.destroy();
  }
}

async function askDoh(query: Uint8Array, server: AskedServer, signal: AbortSignal): Promise<Uint8Array> {
  const { address, port, tlsName, path } = server;
  const host = address.family === 4 ? address.text : `[${address.text}]`;
  const session = connectHttp2(`https://${tlsName ?? host}:${port}`, {
    createConnection: () =>
      connectTls({ host: address.text, port, ALPNProtocols: ['h2'], ...tlsOptions(server) }),
  });
  const failed = Promise.withResolvers<never>();
  session.on('error', failed.reject);
  signal.addEventListener('abort', () => failed.reject(signal.reason), { once: true });
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/dns-message',
      accept: 'application/dns-message',
    });
    stream.on('error', failed.reject);
    stream.end(query);
    const [headers] = (await Promise.race([once(stream, 'response'), failed.promise])) as [
      Record<string, unknown>,
    ];
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    await Promise.race([once(stream, 'end'), failed.promise]);
    if (headers[':status'] !== 200) throw new Error(`HTTP status ${headers[':status']}`);
    return new Uint8Array(Buffer.concat(chunks));
  } finally {
    // What it still has to say is of no interest.
    failed.promise.catch(() => undefined);
    session.destroy();
  }
}

function tlsOptions({ tlsName, ca, isUnverified = false }: AskedServer) {
  return {
    rejectUnauthorized: !isUnverified,
    minVersion: 'TLSv1.2' as const,
    ...(tlsName !== undefined && { servername: tlsName }),
    ...(ca !== undefined && { ca }),
  };
}

function isAnswerTo(query: Uint8Array, octets: Uint8Array): boolean {
  const header = decodeHeader(octets);
  return header?.flags.qr === true && header.id === decodeHeader(query)?.id;
}
