/**
 * The UDP sockets that queries leave from.
 *
 * What an off-path forger must guess is the id (16 bits), the port (16 bits but for the few that are left out) and the
 * case of the letters, all at once, before the answer comes. A fresh socket per query gives all of that, and costs three
 * times as much as the query itself. So a socket is used again, under rules that leave the forger as much to guess:
 *
 * - It is connected: one server's, for good. The kernel drops what comes from elsewhere; its port cannot be scanned for
 *   from a forger's own address, and a name server of his never sees a port that another server is asked from. That is
 *   how shared pools leak (CVE-2026-50252). What tells it from a closed port is the kernel's global limit on ICMP errors
 *   (SADDNS, CVE-2020-25705): 1000 a second, so that a scan takes a minute, and no socket lives for a tenth of that.
 * - It has one query under way, so that one answer is looked for (RFC 5452 section 5), and it is used again only after
 *   a query that was answered and when nothing else has come, idle or not: one wrong guess costs the forger the port.
 * - It serves `uses` queries or `lifeMs`, whichever is over first, and is used again only when `spread` of the server's
 *   are idle, drawn by chance from all of them. A server that is asked less often gets a fresh port for every query.
 *
 * Ports, ids, and the choice come from a CSPRNG (CVE-2025-40780). Bound to the management address of the family.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';
import { type Endpoint, endpointKey } from './endpoint.ts';
import type { Entropy } from './entropy.ts';
import { queryPort } from './query-port.ts';

export interface SocketLimits {
  /** Queries per socket. */
  readonly uses: number;
  /** Milliseconds from its making within which the last of them is sent. */
  readonly lifeMs: number;
  /** Idle sockets that a server must have for one of them to be used again. */
  readonly spread: number;
  /** Idle sockets of all servers; each is a file descriptor. */
  readonly idle: number;
}

/** Measured on one core: 50 us per exchange with a fresh socket, 16 with 16 uses, 12 without end. */
export const socketLimits: SocketLimits = { uses: 16, lifeMs: 5000, spread: 32, idle: 2048 };

/** Draws until a free port is found; with two thousand sockets open, 1 draw in 30 fails. */
const draws = 8;

/** Milliseconds between looks for sockets whose life is over. */
const sweepMs = 1000;

export interface QuerySocket {
  /** The local port. */
  readonly port: number;
  /** What comes, until the socket is given back; `onError` is the network's word, which may be forged. */
  listen(onMessage: (octets: Uint8Array) => void, onError: () => void): void;
  send(octets: Uint8Array): void;
}

class PooledSocket implements QuerySocket {
  readonly key: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly expiresMs: number;
  uses = 0;
  isSpoilt = false;
  #onMessage: ((octets: Uint8Array) => void) | undefined;
  #onError: (() => void) | undefined;

  constructor(socket: Socket, { key, port, expiresMs }: { key: string; port: number; expiresMs: number }) {
    this.#socket = socket;
    this.key = key;
    this.port = port;
    this.expiresMs = expiresMs;
    socket.on('message', message =>
      this.#onMessage?.(new Uint8Array(message.buffer, message.byteOffset, message.length)),
    );
    socket.on('error', () => this.#onError?.());
  }

  /** Without it, errors of sending are nobody's. */
  readonly #onSent = (error: Error | null): void => {
    if (error) this.#onError?.();
  };

  listen(onMessage: (octets: Uint8Array) => void, onError: () => void): void {
    this.#onMessage = onMessage;
    this.#onError = onError;
  }

  send(octets: Uint8Array): void {
    this.uses += 1;
    this.#socket.send(octets, this.#onSent);
  }

  /** Awaits nothing: whatever comes now, somebody guesses at this port. */
  rest(): void {
    const spoil = (): void => {
      this.isSpoilt = true;
    };
    this.listen(spoil, spoil);
  }

  close(): void {
    this.rest();
    this.#socket.close();
  }
}

export class QuerySockets implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #limits: SocketLimits;
  /** By server. */
  readonly #idle = new Map<string, PooledSocket[]>();
  readonly #closing = new AbortController();
  #idleCount = 0;
  #sweeping: Promise<void> | undefined;

  constructor(options: { clock: Clock; entropy: Entropy; limits?: SocketLimits | undefined }) {
    this.#clock = options.clock;
    this.#entropy = options.entropy;
    this.#limits = options.limits ?? socketLimits;
  }

  get idle(): number {
    return this.#idleCount;
  }

  /**
   * A socket for one query to this server, at once when an idle one may be used; to be given back.
   * Rejects with the system's error when none can be had.
   */
  take(server: Endpoint): QuerySocket | Promise<QuerySocket> {
    return this.#takeIdle(endpointKey(server)) ?? this.#open(server);
  }

  /** `isClean`: the query was answered, and nothing else came. */
  giveBack(taken: QuerySocket, isClean: boolean): void {
    const socket = taken as PooledSocket;
    const { uses, idle } = this.#limits;
    const isSpent = socket.uses >= uses || this.#clock.monotonicMs() >= socket.expiresMs;
    if (!isClean || isSpent || this.#idleCount >= idle || this.#closing.signal.aborted) {
      socket.close();
      return;
    }
    socket.rest();
    const siblings = this.#idle.get(socket.key);
    if (siblings) siblings.push(socket);
    else this.#idle.set(socket.key, [socket]);
    this.#idleCount += 1;
    this.#sweeping ??= this.#sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(ended);
    await this.#sweeping;
    this.#closeIdle(() => true);
  }

  #takeIdle(key: string): PooledSocket | undefined {
    const siblings = this.#idle.get(key);
    if (!siblings || siblings.length < this.#limits.spread) return undefined;
    const index = this.#entropy.below(siblings.length);
    const drawn = siblings[index];
    const last = siblings.pop();
    if (last && last !== drawn) siblings[index] = last;
    this.#idleCount -= 1;
    if (!drawn || (!drawn.isSpoilt && this.#clock.monotonicMs() < drawn.expiresMs)) return drawn;
    drawn.close();
    return undefined;
  }

  async #open(server: Endpoint): Promise<PooledSocket> {
    for (let draw = 1; ; draw += 1) {
      const port = queryPort(this.#entropy);
      try {
        const socket = await openSocket(server, port);
        const expiresMs = this.#clock.monotonicMs() + this.#limits.lifeMs;
        return new PooledSocket(socket, { key: endpointKey(server), port, expiresMs });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || draw === draws) throw error;
      }
    }
  }

  async #sweep(): Promise<void> {
    while (this.#idleCount > 0) {
      try {
        await this.#clock.sleep(sweepMs, this.#closing.signal);
      } catch {
        return;
      }
      const nowMs = this.#clock.monotonicMs();
      this.#closeIdle(socket => nowMs >= socket.expiresMs);
    }
    this.#sweeping = undefined;
  }

  #closeIdle(isOver: (socket: PooledSocket) => boolean): void {
    for (const [key, sockets] of this.#idle) {
      const kept = sockets.filter(socket => !isOver(socket));
      if (kept.length === sockets.length) continue;
      for (const socket of sockets) if (isOver(socket)) socket.close();
      this.#idleCount -= sockets.length - kept.length;
      if (kept.length === 0) this.#idle.delete(key);
      else this.#idle.set(key, kept);
    }
  }
}

async function openSocket({ address, port, source }: Endpoint, ownPort: number): Promise<Socket> {
  const { family } = address;
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    // Addresses are literals: there is nothing to look up.
    lookup: (text, _options, callback) => callback(null, text, family),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: source.text, port: ownPort, exclusive: true }, () => {
        // The type says that the callback gets nothing; it gets the error of connect(2) when there is one.
        socket.connect(port, address.text, ((error?: Error) => {
          socket.off('error', reject);
          if (error) reject(error);
          else resolve();
        }) as () => void);
      });
    });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
