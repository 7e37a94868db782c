/** Queries over TLS (RFC 7858) to servers that are known by name: nothing is sent before the certificate has been verified. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../system/clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { Wait } from './endpoint.ts';
import type { Answer } from './query.ts';
import { asSystemError, SecureDialler, type SecureEndpoint, secureKey } from './secure-dialler.ts';
import { StreamConnections, type StreamRequest } from './stream-connections.ts';

export interface SecureRequest extends StreamRequest {
  readonly server: SecureEndpoint;
}

/** Fewer connections than over TCP and more on each, for handshakes are dear; kept as long as servers commonly keep theirs. */
const limits = { connections: 256, connectionsPerServer: 2, queriesPerConnection: 256, idleMs: 10_000 };

export class TlsExchanges implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** There are as many as the configuration names. */
  readonly #servers = new Map<
    string,
    { readonly pool: StreamConnections; readonly dialler: SecureDialler }
  >();

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /** The outcome rejects with a system error, its message the reason: no connection, or none that could be verified. */
  exchange(request: SecureRequest): Wait<Answer> {
    const { pool, dialler } = this.#of(request.server);
    if (dialler.heldBack && pool.open === 0)
      return { outcome: Promise.reject(dialler.heldBack), end: () => undefined };
    const wait = pool.exchange(request);
    const outcome = wait.outcome.catch(error => {
      throw dialler.failure ?? asSystemError(error);
    });
    return { outcome, end: () => wait.end() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pool } of this.#servers.values()) await pool[Symbol.asyncDispose]();
  }

  #of(server: SecureEndpoint) {
    const key = secureKey(server);
    const known = this.#servers.get(key);
    if (known) return known;
    const dialler = new SecureDialler(this.#clock, server, 'dot');
    const connect = () => heldBack(dialler.dial());
    const made = { pool: new StreamConnections({ deadlines: this.#deadlines, limits, connect }), dialler };
    this.#servers.set(key, made);
    return made;
  }
}

/** What is written waits until the certificate is verified. */
function heldBack(socket: TLSSocket): TLSSocket {
  socket.cork();
  socket.once('secureConnect', () => socket.uncork());
  return socket;
}
