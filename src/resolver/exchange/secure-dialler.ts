/**
 * Connections over TLS to one server that is known by name: strict (RFC 8310), so never without its certificate verified.
 * Sessions are resumed; after a connection has failed there is none for a while that grows.
 */
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Clock } from '../../system/clock.ts';
import { describeError } from '../../system/fault.ts';
import { type Endpoint, endpointKey } from './endpoint.ts';
import { isSystemError } from './system-error.ts';

export interface SecureEndpoint extends Endpoint {
  /** What the certificate must be for; sent as SNI. */
  readonly name: string;
  /** PEM; the system's authorities when undefined. */
  readonly authorities: string | undefined;
}

/** Of ALPN. A server of DNS over TLS need not know any; HTTP/2 is spoken only where it is agreed on (RFC 9113 section 3.2). */
export type SecureProtocol = 'dot' | 'h2';

/** Milliseconds without a new connection after one has failed, doubled with each failure, up to the longest. */
const backOffMs = 250;
const longestBackOffMs = 10_000;

/** A map key: connections are shared with nobody who would verify another certificate. */
export function secureKey(server: SecureEndpoint): string {
  return JSON.stringify([endpointKey(server), server.name, server.authorities]);
}

export class SecureDialler {
  readonly #clock: Clock;
  readonly #server: SecureEndpoint;
  readonly #protocol: SecureProtocol;
  #session: Buffer | undefined;
  #failures = 0;
  #retryAtMs = 0;
  #failure: Error | undefined;

  constructor(clock: Clock, server: SecureEndpoint, protocol: SecureProtocol) {
    this.#clock = clock;
    this.#server = server;
    this.#protocol = protocol;
  }

  /** Why the latest connection failed; undefined when it did not. A system error. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The same while none is to be tried again. */
  get heldBack(): Error | undefined {
    return this.#clock.monotonicMs() < this.#retryAtMs ? this.#failure : undefined;
  }

  /** Nothing must be written to it before `secureConnect`: OpenSSL would send it with the end of the handshake. */
  dial(): TLSSocket {
    const { address, port, source, name, authorities } = this.#server;
    const options: ConnectionOptions & { localAddress: string } = {
      host: address.text,
      port,
      localAddress: source.text,
      servername: name,
      minVersion: 'TLSv1.2',
      ALPNProtocols: [this.#protocol],
      rejectUnauthorized: true,
      ...(authorities !== undefined && { ca: authorities }),
      ...(this.#session && { session: this.#session }),
    };
    const socket = connect(options);
    let isSecure = false;
    socket.once('secureConnect', () => {
      isSecure = true;
      this.#failures = 0;
      this.#failure = undefined;
      socket.setNoDelay(true);
    });
    socket.on('session', session => {
      this.#session = session;
    });
    socket.on('error', error => {
      if (!isSecure) this.failed(error);
    });
    return socket;
  }

  /** The connection was of no use. */
  failed(error: Error): void {
    this.#failures += 1;
    this.#session = undefined;
    this.#failure = asSystemError(error);
    const waitMs = Math.min(backOffMs * 2 ** (this.#failures - 1), longestBackOffMs);
    this.#retryAtMs = this.#clock.monotonicMs() + waitMs;
  }
}

/** A certificate's fault, or a protocol's, is the server's, not ours: it goes the way of a connection that was refused. */
export function asSystemError(error: unknown): Error {
  if (isSystemError(error)) return error as Error;
  const code = (error as { code?: string }).code ?? 'EPROTO';
  return Object.assign(new Error(describeError(error), { cause: error }), { code, syscall: 'connect' });
}
