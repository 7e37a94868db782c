/**
 * What all transports over TCP have in common: a socket is accepted, admitted under the caps, and freed of its PROXY
 * header, before a single octet of TLS or DNS is looked at. What is spoken then is the business of who `converse`s.
 *
 * From a trusted proxy the header is required. With TLS it comes before the handshake, in the clear, as load balancers
 * send it that know nothing of TLS, or as the first octets within it, as dnsdist does: how the connection begins tells.
 * From anybody else it is never read: it is the beginning of a message or a handshake like any other octets, a bad one.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Client } from './client.ts';
import type { Listener, ListenOptions } from './listener.ts';
import { hasProxySignature } from './proxy-header.ts';
import { type ProxyGreeting, takeProxyHeader } from './read-proxy-header.ts';
import type { Claim, TcpConnections } from './tcp-connections.ts';
import type { StreamTransport, TransportCounters } from './transport-counters.ts';

export interface StreamListenOptions extends ListenOptions {
  readonly connections: TcpConnections;
}

/** A connection that may be spoken with. */
export interface Arrival extends Client {
  readonly transport: StreamTransport;
  readonly claim: Claim;
  /** Its proxy has yet to say for whom it speaks: `introduce` comes before anything else. */
  readonly isUnnamed: boolean;
  /** To be called once, when there is something to be told to stop; until then the socket is just destroyed. */
  begin(conversation: Conversation): void;
}

export interface Conversation {
  /** Messages taken and not yet answered. */
  readonly pending: number;
  /** Answers what is under way, then ends. */
  stopReading(): void;
  destroy(): void;
}

/** @throws The operating system's error when the address or the port cannot be had. */
export async function acceptStreams(
  transport: StreamTransport,
  options: StreamListenOptions,
  converse: (socket: Socket, arrival: Arrival) => void,
): Promise<Listener> {
  const { connections, counters, proxies, local } = options;
  const open = new Map<Socket, Conversation | undefined>();
  const failed = Promise.withResolvers<Error>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    const peer = socket.remoteAddress ?? '';
    const isProxy = proxies.has(peer);
    const claim = isProxy ? connections.admitProxy() : connections.admit(peer);
    // Errors of a socket that nobody converses with yet; its `close` follows.
    socket.on('error', () => socket.destroy());
    if (!claim) {
      counters.refused[transport] += 1;
      socket.destroy();
      return;
    }
    open.set(socket, undefined);
    socket.once('close', () => {
      open.delete(socket);
      claim.release();
    });
    const begin = (conversation: Conversation): void => {
      if (open.has(socket)) open.set(socket, conversation);
    };
    const arrival = {
      transport,
      address: peer,
      port: socket.remotePort ?? 0,
      local,
      claim,
      begin,
      isUnnamed: isProxy,
    };
    introduce(socket, arrival, { ...options, mayBeTls: transport !== 'tcp' }, converse);
  });
  await bind(server, options);
  server.on('error', failed.resolve);
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : options.port,
    failed: failed.promise,
    get pending() {
      return [...open.values()].reduce((sum, conversation) => sum + (conversation?.pending ?? 0), 0);
    },
    stopAccepting() {
      server.close();
      for (const [socket, conversation] of open) {
        if (conversation) conversation.stopReading();
        else socket.destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      for (const [socket, conversation] of open) {
        conversation?.destroy();
        socket.destroy();
      }
      await closed;
    },
  };
}

/** Takes the PROXY header off the socket where one is still to come, and only then goes on to `converse`. */
export function introduce<S extends Socket>(
  socket: S,
  arrival: Arrival,
  { connections, counters, mayBeTls }: IntroduceOptions,
  converse: (socket: S, arrival: Arrival) => void,
): void {
  if (!arrival.isUnnamed) {
    converse(socket, arrival);
    return;
  }
  takeProxyHeader(socket, { withinMs: connections.limits.messageMs, mayBeTls }, greeting => {
    if (greeting === 'tls') {
      converse(socket, arrival);
      return;
    }
    const address = welcome(greeting, arrival, counters);
    if (address === undefined) socket.destroy();
    else converse(socket, { ...arrival, address, isUnnamed: false });
  });
}

interface IntroduceOptions extends Pick<StreamListenOptions, 'connections' | 'counters'> {
  /** Whether this may be a proxy that says it within TLS: the arrival is unnamed still. */
  readonly mayBeTls: boolean;
}

/** The address of the client that a proxy speaks for, or undefined (and counted) when it may not speak. */
function welcome(
  greeting: Exclude<ProxyGreeting, 'tls'>,
  { address, transport, claim }: Arrival,
  counters: TransportCounters,
): string | undefined {
  if (greeting === 'malformed') counters.badProxyHeaders[transport] += 1;
  if (greeting === 'late') counters.cut['slow-message'] += 1;
  if (typeof greeting === 'string') return undefined;
  // LOCAL: the proxy looks whether we are well. It is a proxy still, and counts as no client.
  if (!greeting.source) return address;
  if (claim.speakFor(greeting.source.text)) return greeting.source.text;
  counters.refused[transport] += 1;
  return undefined;
}

/** Ends a connection of plain TCP at once that begins with a PROXY header it may not send: somebody is missing on the list. */
export function endStrangers(socket: Socket, { counters, proxies }: ListenOptions): void {
  if (!proxies.isUsed || proxies.has(socket.remoteAddress ?? '')) return;
  socket.once('data', (chunk: Buffer) => {
    if (!hasProxySignature(chunk)) return;
    counters.strangeProxyHeaders += 1;
    socket.destroy();
  });
}

async function bind(server: Server, { local, port }: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: local.text, port, ipv6Only: local.family === 6, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
