/**
 * Connections to servers, kept open for a moment and shared by queries (RFC 7766 section 6.2).
 *
 * Queries are pipelined and answers come in any order, told apart by their ids. An idle connection is preferred, then a
 * new one, then one that others are waiting on: a server that answers in turn should not make the small wait for the
 * large. What a connection is made of is the caller's: `connect` gives a stream that is, or will be, connected.
 */
import type { Duplex } from 'node:stream';
import { framed, MessageFraming } from '../message-framing.ts';
import type { Deadline, Deadlines } from './deadlines.ts';
import { type Endpoint, endpointKey, type Wait } from './endpoint.ts';
import { type Answer, type Query, readAnswer } from './query.ts';
import type { WireTap } from './wire-tap.ts';

export interface StreamLimits {
  readonly connections: number;
  readonly connectionsPerServer: number;
  /** Queries under way on one. */
  readonly queriesPerConnection: number;
  /** Milliseconds without a query until it is closed; RFC 7766 section 6.2.3 leaves it to the client to be quick. */
  readonly idleMs: number;
}

export const streamLimits: StreamLimits = {
  connections: 2000,
  connectionsPerServer: 16,
  queriesPerConnection: 32,
  idleMs: 2000,
};

/** Messages on one connection that answered nothing; twice as many as can have been given up on it. */
const strikeLimit = 64;

export interface StreamRequest {
  readonly server: Endpoint;
  readonly query: Query;
  /** A message came that was not the answer. */
  readonly onMismatch: () => void;
  readonly wire?: WireTap | undefined;
}

export interface StreamConnectionsOptions {
  readonly deadlines: Deadlines;
  readonly connect: (server: Endpoint) => Duplex;
  readonly limits?: StreamLimits | undefined;
}

interface Pending {
  readonly request: StreamRequest;
  settle(answer: Answer | undefined): void;
  fail(error: Error): void;
}

class Connection {
  readonly pending = new Map<number, Pending>();
  /** An answer has come over it. */
  isProven = false;
  /** A query on it was given up without an answer; no other is sent over it. */
  isSuspect = false;
  readonly #stream: Duplex;
  readonly #framing = new MessageFraming();
  readonly #onIdle: () => void;
  #strikes = 0;

  constructor(stream: Duplex, { onIdle, onEnd }: { onIdle: () => void; onEnd: () => void }) {
    this.#stream = stream;
    this.#onIdle = onIdle;
    let failure: Error | undefined;
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('error', error => {
      failure = error;
    });
    // A server that ends its half answers no more (RFC 7766 section 6.2.4).
    stream.on('end', () => stream.destroy());
    stream.on('close', () => {
      onEnd();
      const waiting = [...this.pending.values()];
      this.pending.clear();
      for (const { fail } of waiting) fail(failure ?? closedEarly());
    });
  }

  send(pending: Pending): void {
    const { query, wire } = pending.request;
    this.pending.set(query.id, pending);
    wire?.sent(query.octets);
    this.#stream.write(framed(query.octets));
  }

  giveUp(id: number): void {
    if (!this.pending.delete(id)) return;
    this.isSuspect = true;
    if (this.pending.size === 0) this.close();
  }

  close(): void {
    this.#stream.destroy();
  }

  #read(chunk: Buffer): void {
    this.#framing.add(chunk);
    for (let octets = this.#framing.next(); octets; octets = this.#framing.next()) this.#take(octets);
  }

  /** A server that goes on sending what nobody waits for is not listened to. */
  #strike(): void {
    this.#strikes += 1;
    if (this.#strikes >= strikeLimit) this.close();
  }

  #take(octets: Uint8Array): void {
    const id = octets.length < 2 ? -1 : ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    const pending = this.pending.get(id);
    // Not awaited any more, or never.
    if (!pending) {
      this.#strike();
      return;
    }
    const { query, wire } = pending.request;
    // Reading gives the name its own case back.
    const came = wire && octets.slice();
    const reading = readAnswer(query, octets, false);
    if (typeof reading !== 'object') {
      pending.request.onMismatch();
      this.#strike();
      return;
    }
    if (came) wire.received(came);
    this.isProven = true;
    this.pending.delete(id);
    pending.settle(reading);
    if (this.pending.size > 0) return;
    if (this.isSuspect) this.close();
    else this.#onIdle();
  }
}

export class StreamConnections implements AsyncDisposable {
  readonly #options: StreamConnectionsOptions;
  readonly #limits: StreamLimits;
  readonly #byServer = new Map<string, Connection[]>();
  #open = 0;
  #isClosing = false;

  constructor(options: StreamConnectionsOptions) {
    this.#options = options;
    this.#limits = options.limits ?? streamLimits;
  }

  get open(): number {
    return this.#open;
  }

  /** The outcome rejects with the system's error when the connection fails, or is refused for want of room. */
  exchange(request: StreamRequest): Wait<Answer> {
    let giveUp: (() => void) | undefined;
    let isOver = false;
    const once = (): Promise<{ answer: Answer | undefined } | { error: Error; wasProven: boolean }> =>
      new Promise((resolve, reject) => {
        if (isOver) return resolve({ answer: undefined });
        const connection = this.#connectionFor(request);
        if (!connection) return reject(noRoom());
        const wasProven = connection.isProven;
        giveUp = () => {
          resolve({ answer: undefined });
          connection.giveUp(request.query.id);
        };
        connection.send({
          request,
          settle: answer => resolve({ answer }),
          fail: error => resolve({ error, wasProven }),
        });
      });
    const run = async (): Promise<Answer | undefined> => {
      const first = await once();
      if ('answer' in first) return first.answer;
      // One that has served closes when the server likes; RFC 7766 section 6.2.4 says to ask again.
      if (!first.wasProven) throw first.error;
      const second = await once();
      if ('answer' in second) return second.answer;
      throw second.error;
    };
    const end = (): void => {
      isOver = true;
      giveUp?.();
    };
    return { outcome: run(), end };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const connections of this.#byServer.values()) for (const each of [...connections]) each.close();
  }

  #connectionFor({ server, query }: StreamRequest): Connection | undefined {
    const { connections, connectionsPerServer, queriesPerConnection } = this.#limits;
    const all = this.#byServer.get(endpointKey(server)) ?? [];
    const known = all.filter(({ isSuspect }) => !isSuspect);
    const idle = known.find(({ pending }) => pending.size === 0);
    if (idle || this.#isClosing) return idle;
    if (this.#open < connections && all.length < connectionsPerServer) return this.#connect(server);
    return known.find(({ pending }) => pending.size < queriesPerConnection && !pending.has(query.id));
  }

  #connect(server: Endpoint): Connection {
    const key = endpointKey(server);
    const { deadlines, connect } = this.#options;
    const siblings = this.#byServer.get(key) ?? [];
    let idling: Deadline | undefined;
    const connection: Connection = new Connection(connect(server), {
      onIdle: () => {
        idling?.callOff();
        idling = deadlines.set(this.#limits.idleMs, () => {
          if (connection.pending.size === 0) connection.close();
        });
      },
      onEnd: () => {
        idling?.callOff();
        this.#open -= 1;
        siblings.splice(siblings.indexOf(connection), 1);
        if (siblings.length === 0) this.#byServer.delete(key);
      },
    });
    siblings.push(connection);
    this.#byServer.set(key, siblings);
    this.#open += 1;
    return connection;
  }
}

/** As the operating system would put it, for whoever tells the network's failures from ours. */
function closedEarly(): Error {
  return systemError('the server closed the connection', 'ECONNRESET', 'read');
}

function noRoom(): Error {
  return systemError('too many connections', 'EMFILE', 'connect');
}

function systemError(message: string, code: string, syscall: string): Error {
  return Object.assign(new Error(message), { code, syscall });
}
