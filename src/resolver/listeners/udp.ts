/**
 * DNS over UDP on one address: sockets bound to just that address, so that answers leave from where they were asked; one
 * for each of its lanes (`lanes.ts`) where that can be, of which Node reads some datagrams each in a turn of the event loop.
 *
 * What the fast path of this thread decides is answered at once; all else, and everything behind proxies, is the responder's.
 */
import { type BindOptions, createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { closeDescriptor, forbidReuse } from '../../system/batched-udp.ts';
import type { Clock } from '../../system/clock.ts';
import type { Libc } from '../../system/libc.ts';
import { type FastPath, handOver } from '../fast-path/fast-path.ts';
import type { Client, LocalAddress } from './client.ts';
import { openLaneSockets } from './lane-sockets.ts';
import type { Listener, ListenOptions } from './listener.ts';
import { lastDatagrams, receiveBufferOctets } from './receive-buffer.ts';
import { SingleReplies } from './single-replies.ts';
import { unwrapDatagram } from './unwrap-datagram.ts';

export interface UdpOptions extends ListenOptions {
  readonly clock: Clock;
  /** Asked before the responder. */
  readonly fastPath?: FastPath | undefined;
  /** Without it there are no lanes. */
  readonly libc?: Libc | undefined;
}

/** @throws The operating system's error when the address or the port cannot be had. */
export async function listenUdp(options: UdpOptions): Promise<Listener> {
  const { local, responder, proxies, clock, fastPath } = options;
  const sockets = await openSockets(options);
  const failed = Promise.withResolvers<Error>();
  const intake = new Intake();
  const isService = local.kind === 'service';
  const fast = fastPath && !proxies.isUsed ? new SingleReplies({ fastPath, clock, isService }) : undefined;
  let pending = 0;
  let isClosed = false;
  // A reply that the kernel cannot send is a lost datagram; the client asks again. So nothing is called back, which would
  // cost a tick for each.
  const take = (socket: Socket, message: Buffer, remote: RemoteInfo): void => {
    // Nobody can be answered at port 0, and to try would throw: a forged datagram could stop the process.
    if (!intake.admits() || remote.port === 0) return;
    if (fast) {
      const size = fast.answer(message, remote.address);
      if (size > 0) socket.send(fast.octets, fast.at, size, remote.port, remote.address);
      if (size !== handOver) return;
    }
    // Not a Buffer past this point: its `slice` shares memory where everyone else's copies.
    let received: Uint8Array = new Uint8Array(message.buffer, message.byteOffset, message.length);
    let { address } = remote;
    if (proxies.isUsed) {
      const unwrapped = unwrapDatagram(received, address, options);
      if (!unwrapped) return;
      received = unwrapped.octets;
      address = unwrapped.address;
    }
    const client: Client = { transport: 'udp', address, port: remote.port, local };
    pending += 1;
    responder(received, client, octets => {
      pending -= 1;
      if (octets && !isClosed) socket.send(octets, 0, octets.length, remote.port, remote.address);
    });
  };
  for (const socket of sockets) {
    socket.on('error', failed.resolve);
    socket.on('message', (message: Buffer, remote: RemoteInfo) => take(socket, message, remote));
  }
  return {
    port: sockets[0]?.address().port ?? 0,
    failed: failed.promise,
    get pending() {
      return pending + Number(intake.isEnding);
    },
    stopAccepting: () => intake.end(),
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      await Promise.all(sockets.map(closed));
    },
  };
}

/** Turns of the event loop without a datagram after which there is none: one may have arrived as the first began. */
const quietTurns = 2;

/** Whether datagrams are taken. After `end` those are that had arrived: Node shows them some at a time. */
class Intake {
  #state: 'open' | 'ending' | 'closed' = 'open';
  #left = lastDatagrams;
  #quietTurns = 0;

  get isEnding(): boolean {
    return this.#state === 'ending';
  }

  admits(): boolean {
    this.#quietTurns = 0;
    if (this.#state === 'ending') this.#left -= 1;
    return this.#state !== 'closed';
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#awaitTurn();
  }

  #awaitTurn(): void {
    setImmediate(() => {
      this.#quietTurns += 1;
      if (this.#quietTurns > quietTurns || this.#left <= 0) this.#state = 'closed';
      else this.#awaitTurn();
    });
  }
}

async function openSockets({ local, port, libc }: UdpOptions): Promise<Socket[]> {
  if (!libc || local.kind !== 'service') {
    const socket = createUnbound(local);
    await bind(socket, { address: local.text, port });
    growReceiveBuffer(socket);
    return [socket];
  }
  const descriptors = openLaneSockets(libc, { local, port, threads: 1 }).descriptors.flat();
  const sockets: Socket[] = [];
  try {
    for (const fd of descriptors) {
      const socket = createUnbound(local);
      await bind(socket, { fd });
      sockets.push(socket);
      forbidReuse(libc, fd);
    }
    return sockets;
  } catch (error) {
    for (const fd of descriptors.slice(sockets.length)) closeDescriptor(libc, fd);
    await Promise.all(sockets.map(closed));
    throw error;
  }
}

function createUnbound({ family }: LocalAddress): Socket {
  return createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6,
    // Addresses are literals: without this, each reply would wait for a turn of the event loop to be "resolved".
    lookup: (address, _options, callback) => callback(null, address, family),
  });
}

async function bind(socket: Socket, to: BindOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      // Exclusive: without it a process of the same group could be given the socket.
      socket.bind({ ...to, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function closed(socket: Socket): Promise<void> {
  await new Promise<void>(resolve => socket.close(() => resolve()));
}

function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferOctets);
  } catch {
    // The kernel's own size then: fewer queries survive a stall, nothing else changes.
  }
}
