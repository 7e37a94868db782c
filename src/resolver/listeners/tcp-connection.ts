/** One client's TCP connection: messages in, answers out as they are ready, and a bound on all that it may hold. */
import type { Socket } from 'node:net';
import { framed, MessageFraming } from '../message-framing.ts';
import type { Client, LocalAddress } from './client.ts';
import type { Responder } from './listener.ts';
import type { TcpConnections } from './tcp-connections.ts';

export interface TcpConnectionOptions {
  readonly local: LocalAddress;
  readonly responder: Responder;
  readonly connections: TcpConnections;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #client: Client;
  readonly #responder: Responder;
  readonly #connections: TcpConnections;
  readonly #framing = new MessageFraming();
  #pending = 0;
  /** Nothing more is read: the client has said all it will say, or we are stopping. */
  #isOver = false;
  #messageTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, { local, responder, connections }: TcpConnectionOptions) {
    this.#socket = socket;
    const { remoteAddress: address = '', remotePort: port = 0 } = socket;
    this.#client = { transport: 'tcp', address, port, local };
    this.#responder = responder;
    this.#connections = connections;
    socket.setTimeout(connections.idleMs);
    // Not as an argument of setTimeout: that listener would hear of the first time only.
    socket.on('timeout', () => this.#onIdle());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#stopMessageTimer());
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

  #onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#socket.setTimeout(this.#connections.idleMs);
    this.#framing.add(chunk);
    this.#takeMessages();
  }

  #takeMessages(): void {
    while (!this.#isFull && !this.#socket.destroyed) {
      const message = this.#framing.next();
      if (!message) break;
      this.#stopMessageTimer();
      this.#pending += 1;
      this.#responder(message, this.#client, octets => this.#answer(octets));
    }
    if (this.#socket.destroyed) return;
    if (this.#isFull) {
      this.#socket.pause();
      this.#stopMessageTimer();
      return;
    }
    this.#socket.resume();
    // A message must end within this time of its beginning, however its octets trickle in.
    if (this.#framing.isWithinMessage)
      this.#messageTimer ??= setTimeout(() => this.#socket.destroy(), this.#connections.limits.messageMs);
  }

  /** Too many messages under way, or answers that are ready at once come faster than the client reads them. */
  get #isFull(): boolean {
    return this.#pending >= this.#connections.limits.pendingPerConnection || this.#socket.writableNeedDrain;
  }

  #answer(octets: Uint8Array | undefined): void {
    this.#pending -= 1;
    if (this.#socket.destroyed) return;
    if (octets) this.#socket.write(framed(octets));
    if (this.#socket.writableLength > this.#connections.limits.unreadOctets) this.#socket.destroy();
    else if (this.#isOver) this.#endWhenAnswered();
    // In a turn of its own: a query answered at once would otherwise call this from within itself, without end.
    else if (this.#socket.isPaused()) setImmediate(() => this.#takeMore());
  }

  #takeMore(): void {
    if (!this.#isOver) this.#takeMessages();
  }

  #onIdle(): void {
    if (this.#pending === 0) this.#socket.destroy();
    else this.#socket.setTimeout(this.#connections.idleMs);
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
}
