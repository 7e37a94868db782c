/** One client's connection, plain or within TLS: messages in, answers out as they are ready, and a bound on all that it may hold. */
import type { Socket } from 'node:net';
import { framed, MessageFraming } from '../message-framing.ts';
import type { Arrival, Conversation } from './accept-streams.ts';
import type { Client } from './client.ts';
import { IdleTimer } from './idle-timer.ts';
import type { Responder } from './listener.ts';
import type { TcpConnections } from './tcp-connections.ts';
import type { CutReason, TransportCounters } from './transport-counters.ts';

export interface TcpConnectionOptions {
  readonly responder: Responder;
  readonly connections: TcpConnections;
  readonly counters: TransportCounters;
}

export class TcpConnection implements Conversation {
  readonly #socket: Socket;
  readonly #client: Client;
  readonly #responder: Responder;
  readonly #connections: TcpConnections;
  readonly #counters: TransportCounters;
  readonly #framing = new MessageFraming();
  readonly #idle: IdleTimer;
  #pending = 0;
  #taken = 0;
  /** Answers handed to the socket and not yet to the kernel. */
  #unsent = 0;
  /** Nothing more is read: the client has said all it will say, or we are stopping. */
  #isOver = false;
  #messageTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, arrival: Arrival, { responder, connections, counters }: TcpConnectionOptions) {
    this.#socket = socket;
    this.#responder = responder;
    this.#connections = connections;
    this.#counters = counters;
    this.#idle = new IdleTimer(connections, arrival.claim, () => this.#onIdle());
    this.#client = this.#clientOf(arrival);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#stopTimers());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#takeMore());
    socket.on('end', () => this.#end());
  }

  /** Messages taken and not yet answered. */
  get pending(): number {
    return this.#pending;
  }

  /** Answers what is under way, then ends. */
  stopReading(): void {
    this.#socket.pause();
    this.#end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #clientOf({ transport, address, port, local }: Arrival): Client {
    const toldIdleMs = (): number => (this.#isOver ? 0 : this.#connections.toldIdleMs);
    return {
      transport,
      address,
      ...(port !== undefined && { port }),
      local,
      get idleMs() {
        return toldIdleMs();
      },
    };
  }

  #onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#framing.add(chunk);
    this.#takeMessages();
  }

  #takeMessages(): void {
    while (!this.#isFull && !this.#isOver && !this.#socket.destroyed) {
      const message = this.#framing.next();
      if (!message) break;
      this.#stopMessageTimer();
      this.#idle.restart();
      this.#pending += 1;
      this.#taken += 1;
      if (this.#taken >= this.#connections.limits.queriesPerConnection) this.#isOver = true;
      this.#responder(message, this.#client, octets => this.#answer(octets));
    }
    if (this.#socket.destroyed) return;
    if (this.#isOver || this.#isFull) {
      this.#socket.pause();
      this.#stopMessageTimer();
      return;
    }
    this.#socket.resume();
    // A message must end within this time of its beginning, however its octets trickle in.
    if (this.#framing.isWithinMessage)
      this.#messageTimer ??= setTimeout(() => this.#cut('slow-message'), this.#connections.limits.messageMs);
  }

  /** Too many messages under way, or answers that are ready at once come faster than the client reads them. */
  get #isFull(): boolean {
    return this.#pending >= this.#connections.limits.pendingPerConnection || this.#socket.writableNeedDrain;
  }

  #answer(octets: Uint8Array | undefined): void {
    this.#pending -= 1;
    if (this.#socket.destroyed) return;
    if (octets) this.#send(octets);
    this.#idle.restart();
    const unread = this.#socket.writableLength;
    if (unread > this.#connections.limits.unreadOctets || this.#connections.isHoarding(unread))
      this.#cut('slow-reader');
    else if (this.#isOver) this.#endWhenAnswered();
    // In a turn of its own: a query answered at once would otherwise call this from within itself, without end.
    else if (this.#socket.isPaused()) setImmediate(() => this.#takeMore());
  }

  /** However slowly a client reads, it must take one answer in the time that it may be idle. */
  #send(octets: Uint8Array): void {
    const message = framed(octets);
    this.#unsent += 1;
    this.#connections.addUnread(message.length);
    // Called too when the connection ends first.
    this.#socket.write(message, () => {
      this.#unsent -= 1;
      this.#connections.addUnread(-message.length);
      if (!this.#socket.destroyed) this.#idle.restart();
    });
  }

  #takeMore(): void {
    if (!this.#isOver) this.#takeMessages();
  }

  #onIdle(): void {
    if (this.#pending > 0) this.#idle.restart();
    else if (this.#unsent > 0) this.#cut('slow-reader');
    else this.#socket.destroy();
  }

  #cut(reason: CutReason): void {
    if (!this.#socket.destroyed) this.#counters.cut[reason] += 1;
    this.#socket.destroy();
  }

  #end(): void {
    this.#isOver = true;
    this.#stopMessageTimer();
    this.#endWhenAnswered();
  }

  #endWhenAnswered(): void {
    if (this.#pending === 0) this.#socket.end();
  }

  #stopMessageTimer(): void {
    clearTimeout(this.#messageTimer);
    this.#messageTimer = undefined;
  }

  #stopTimers(): void {
    this.#idle.stop();
    this.#stopMessageTimer();
  }
}
