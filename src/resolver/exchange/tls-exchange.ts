/**
 * Queries over TLS (RFC 7858) to servers that are known by name: strict (RFC 8310), so never in clear text, and nothing is
 * sent before the certificate has been verified. Sessions are resumed; a server whose connection has failed is left alone
 * for a while that grows.
 */
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Clock } from '../../system/clock.ts';
import { describeError } from '../../system/fault.ts';
import type { Deadlines } from './deadlines.ts';
import { type Endpoint, endpointKey, type Wait } from './endpoint.ts';
import type { Answer } from './query.ts';
import { StreamConnections, type StreamRequest } from './stream-connections.ts';
import { isSystemError } from './system-error.ts';

export interface SecureEndpoint extends Endpoint {
  /** What the certificate must be for; sent as SNI. */
  readonly name: string;
  /** PEM; the system's authorities when undefined. */
  readonly authorities: string | undefined;
}

export interface SecureRequest extends StreamRequest {
  readonly server: SecureEndpoint;
}

/** Fewer connections than over TCP and more on each, for handshakes are dear; kept as long as servers commonly keep theirs. */
const limits = { connections: 256, connectionsPerServer: 2, queriesPerConnection: 256, idleMs: 10_000 };

/** Milliseconds without a new connection after one has failed, doubled with each failure, up to the longest. */
const backOffMs = 250;
const longestBackOffMs = 10_000;

/** What is remembered of a server; there are as many as the configuration names. */
interface Memory {
  session: Buffer | undefined;
  failures: number;
  retryAtMs: number;
  failure: Error | undefined;
}

/** One per name and authority: connections are shared with nobody who would verify another certificate. */
export class TlsExchanges implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #connections = new Map<string, { readonly pool: StreamConnections; readonly memory: Memory }>();

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /** The outcome rejects with a system error, its message the reason: no connection, or none that could be verified. */
  exchange(request: SecureRequest): Wait<Answer> {
    const { pool, memory } = this.#of(request.server);
    if (memory.failure && pool.open === 0 && this.#clock.monotonicMs() < memory.retryAtMs)
      return { outcome: Promise.reject(memory.failure), end: () => undefined };
    const wait = pool.exchange(request);
    const outcome = wait.outcome.catch(error => {
      throw memory.failure ?? asSystemError(error);
    });
    return { outcome, end: () => wait.end() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pool } of this.#connections.values()) await pool[Symbol.asyncDispose]();
  }

  #of(server: SecureEndpoint) {
    const key = JSON.stringify([endpointKey(server), server.name, server.authorities]);
    const known = this.#connections.get(key);
    if (known) return known;
    const memory: Memory = { session: undefined, failures: 0, retryAtMs: 0, failure: undefined };
    const pool = new StreamConnections({
      deadlines: this.#deadlines,
      limits,
      connect: () => this.#connect(server, memory),
    });
    const made = { pool, memory };
    this.#connections.set(key, made);
    return made;
  }

  #connect({ address, port, source, name, authorities }: SecureEndpoint, memory: Memory): TLSSocket {
    const options: ConnectionOptions & { localAddress: string } = {
      host: address.text,
      port,
      localAddress: source.text,
      servername: name,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['dot'],
      rejectUnauthorized: true,
      ...(authorities !== undefined && { ca: authorities }),
      ...(memory.session && { session: memory.session }),
    };
    const socket = connect(options);
    // Held back until the certificate is verified: OpenSSL would send what is written with the end of the handshake.
    socket.cork();
    let isSecure = false;
    socket.once('secureConnect', () => {
      isSecure = true;
      memory.failures = 0;
      memory.failure = undefined;
      socket.setNoDelay(true);
      socket.uncork();
    });
    socket.on('session', session => {
      memory.session = session;
    });
    socket.on('error', error => {
      if (isSecure) return;
      memory.failures += 1;
      memory.session = undefined;
      memory.failure = asSystemError(error);
      const waitMs = Math.min(backOffMs * 2 ** (memory.failures - 1), longestBackOffMs);
      memory.retryAtMs = this.#clock.monotonicMs() + waitMs;
    });
    return socket;
  }
}

/** A certificate's fault is the server's, not ours: it goes the way of a connection that was refused. */
function asSystemError(error: unknown): Error {
  if (isSystemError(error)) return error as Error;
  const code = (error as { code?: string }).code ?? 'EPROTO';
  return Object.assign(new Error(describeError(error), { cause: error }), { code, syscall: 'connect' });
}
