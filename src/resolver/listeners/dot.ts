/**
 * DNS over TLS on one address (RFC 7858, RFC 8310): DNS over TCP within TLS, on a port of its own.
 *
 * The caps are met before the handshake, which costs more than all the rest. A client that offers protocols by ALPN must
 * offer `dot` among them; most offer none, which is as good.
 */
import type { Socket } from 'node:net';
import { type Arrival, acceptStreams, introduce, type StreamListenOptions } from './accept-streams.ts';
import type { Certificate } from './certificate.ts';
import type { HandshakeRate } from './handshake-rate.ts';
import type { Listener } from './listener.ts';
import { TcpConnection } from './tcp-connection.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

export interface TlsListenOptions extends StreamListenOptions {
  readonly certificate: Certificate;
  readonly handshakes: HandshakeRate;
}

/** RFC 7858 section 6 (IANA's registry of ALPN protocol identifiers). */
const protocol = 'dot';

/** @throws The operating system's error when the address or the port cannot be had. */
export async function listenDot(options: TlsListenOptions): Promise<Listener> {
  const acceptor = new TlsAcceptor({
    certificate: options.certificate,
    handshakeMs: options.connections.limits.messageMs,
    chooseProtocol: offered => (offered.includes(protocol) ? protocol : undefined),
    onFailed: () => {
      options.counters.failedHandshakes.dot += 1;
    },
  });
  try {
    const listener = await acceptStreams('dot', options, (socket, arrival) => {
      if (!mayShakeHands(socket, arrival, options)) return;
      acceptor.accept(socket, secured =>
        introduce(secured, arrival, { ...options, mayBeTls: false }, (_secured, introduced) => {
          arrival.begin(new TcpConnection(secured, introduced, options));
          secured.resume();
        }),
      );
    });
    return withEnd(listener, acceptor);
  } catch (error) {
    acceptor[Symbol.dispose]();
    throw error;
  }
}

/** Ends the connection, and counts it, where there have been too many handshakes. */
export function mayShakeHands(
  socket: Socket,
  { address, isUnnamed, transport }: Arrival,
  { handshakes, counters }: TlsListenOptions,
): boolean {
  if (handshakes.admits(address, isUnnamed)) return true;
  counters.refused[transport] += 1;
  socket.destroy();
  return false;
}

/** The listener, which takes `end` along when it goes. */
export function withEnd(listener: Listener, end: Disposable): Listener {
  return {
    port: listener.port,
    failed: listener.failed,
    stopAccepting: () => listener.stopAccepting(),
    get pending() {
      return listener.pending;
    },
    async [Symbol.asyncDispose]() {
      end[Symbol.dispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}
