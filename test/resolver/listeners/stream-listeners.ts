/** Listeners of a test over TCP, TLS and HTTPS on a loopback port, and the clients that connect to them. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type SecureClientSessionOptions,
} from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import { Certificate } from '../../../src/resolver/listeners/certificate.ts';
import { listenDoh } from '../../../src/resolver/listeners/doh.ts';
import { listenDot } from '../../../src/resolver/listeners/dot.ts';
import { HandshakeRate } from '../../../src/resolver/listeners/handshake-rate.ts';
import type { Listener, Responder } from '../../../src/resolver/listeners/listener.ts';
import { listenTcp } from '../../../src/resolver/listeners/tcp.ts';
import {
  TcpConnections,
  type TcpLimits,
  tcpLimits,
} from '../../../src/resolver/listeners/tcp-connections.ts';
import {
  createTransportCounters,
  type StreamTransport,
  type TransportCounters,
} from '../../../src/resolver/listeners/transport-counters.ts';
import { TrustedProxies } from '../../../src/resolver/listeners/trusted-proxies.ts';
import { listenUdp } from '../../../src/resolver/listeners/udp.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { makeCertificate, type TestCertificate } from '../certificates.ts';

export const host = '127.0.0.1';
const local = { text: host, family: 4, kind: 'management' } as const;

/** Long enough never to be reached in a test that is not about it. */
const patient: TcpLimits = {
  ...tcpLimits,
  idleMs: 60_000,
  messageMs: 60_000,
  handshakesPerSecond: 10_000,
  handshakesPerClient: 10_000,
};

export interface TestListener extends AsyncDisposable {
  readonly port: number;
  readonly listener: Listener;
  readonly counters: TransportCounters;
  readonly connections: TcpConnections;
  readonly certificate: Certificate | undefined;
  readonly files: TestCertificate | undefined;
  readonly folder: string;
}

export interface TestListenerOptions {
  readonly limits?: Partial<TcpLimits>;
  /** Prefixes of trusted proxies. */
  readonly proxies?: readonly string[];
}

export async function openListener(
  transport: StreamTransport | 'udp',
  responder: Responder,
  { limits = {}, proxies = [] }: TestListenerOptions = {},
): Promise<TestListener> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const counters = createTransportCounters();
  const connections = new TcpConnections({ ...patient, ...limits }, () => undefined);
  const prefixes = proxies.flatMap(text => parseIpPrefix(text) ?? []);
  const options = {
    local,
    port: 0,
    responder,
    counters,
    connections,
    proxies: new TrustedProxies(prefixes),
  };
  const isSecure = transport === 'dot' || transport === 'doh';
  const files = isSecure ? await makeCertificate(folder.path) : undefined;
  const log = createLog('resolver', 'fra', 'silent');
  const certificate = files && parts.use(await Certificate.open(files, { clock: systemClock, log }));
  const listen = (): Promise<Listener> => {
    if (transport === 'udp') return listenUdp({ ...options, clock: systemClock });
    if (!certificate) return listenTcp(options);
    const handshakes = new HandshakeRate(connections, systemClock);
    if (transport === 'dot') return listenDot({ ...options, certificate, handshakes });
    return listenDoh({ ...options, certificate, handshakes, path: '/dns-query' });
  };
  const listener = parts.use(await listen());
  const moved = parts.move();
  return {
    port: listener.port,
    listener,
    counters,
    connections,
    certificate,
    files,
    folder: folder.path,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** A plain connection; errors are left to `close`. */
export async function connectPlain({ port }: { readonly port: number }): Promise<Socket & AsyncDisposable> {
  const socket = createConnection({ host, port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

export interface SecureOptions {
  /** ALPN; none offered when absent. */
  readonly protocols?: readonly string[];
  readonly session?: Buffer;
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Octets that go before the handshake, and right after it. */
  readonly preamble?: Uint8Array;
  readonly opening?: Uint8Array;
}

/** A TLS connection, its handshake done. @throws When there is none. */
export async function connectSecure(
  { port }: { readonly port: number },
  { protocols, session, maxVersion, preamble, opening }: SecureOptions = {},
): Promise<TLSSocket & AsyncDisposable> {
  const plain = createConnection({ host, port });
  await once(plain, 'connect');
  if (preamble) plain.write(preamble);
  const socket = connectTls({
    socket: plain,
    // The tests are about our end; what a client makes of the certificate is tested with kdig.
    rejectUnauthorized: false,
    servername: 'dns.example',
    ...(protocols && { ALPNProtocols: [...protocols] }),
    ...(session && { session }),
    ...(maxVersion && { maxVersion, minVersion: maxVersion === 'TLSv1.1' ? 'TLSv1.1' : 'TLSv1.2' }),
    ...(maxVersion === 'TLSv1.1' && { ciphers: 'DEFAULT@SECLEVEL=0' }),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before the handshake was done')));
  });
  socket.on('error', () => undefined);
  // Written before anything else has the socket: HTTP/2 takes it over, and Node aborts when it finds a write under way.
  if (opening) await new Promise<void>(resolve => socket.write(opening, () => resolve()));
  return socket;
}

export async function connectDoh(
  to: { readonly port: number },
  options: SecureClientSessionOptions & Pick<SecureOptions, 'preamble' | 'opening'> = {},
): Promise<ClientHttp2Session> {
  const { preamble, opening, ...rest } = options;
  const said = { ...(preamble && { preamble }), ...(opening && { opening }) };
  const socket = await connectSecure(to, { protocols: ['h2'], ...said });
  const session = connectHttp2(`https://${host}:${to.port}`, { ...rest, createConnection: () => socket });
  session.on('error', () => undefined);
  return session;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content: Buffer;
}

/** One request and its whole reply. `content` is sent with POST. @throws When the request is reset. */
export async function request(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  content?: Uint8Array,
): Promise<HttpReply> {
  const stream = session.request(headers, { endStream: content === undefined });
  const done = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error(`reset with code ${stream.rstCode}`)));
  });
  done.catch(() => undefined);
  if (content) stream.end(content);
  const responded = once(stream, 'response');
  const [fields] = await Promise.race([responded, done.then(() => responded)]);
  return { status: Number(fields[':status']), headers: fields, content: await done };
}

/** The target of a GET. */
export function queryPath(message: Uint8Array): string {
  return `/dns-query?dns=${Buffer.from(message).toString('base64url')}`;
}
