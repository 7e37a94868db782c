/** DNS over UDP on one address: one socket bound to just that address, so that answers leave from where they were asked. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Client, LocalAddress } from './client.ts';
import type { Listener, ListenOptions } from './listener.ts';
import { hasProxySignature, readProxyHeader } from './proxy-header.ts';

/**
 * Octets the kernel may hold for us while the event loop is busy; it grants no more than net.core.rmem_max. At 1 KiB of
 * kernel memory a query, 4 MiB is some 4000 queries, a tenth of a second at 40 000 a second.
 */
const receiveBufferOctets = 4 * 1024 * 1024;

/** @throws The operating system's error when the address or the port cannot be had. */
export async function listenUdp(options: ListenOptions): Promise<Listener> {
  const { local, port, responder, proxies } = options;
  const socket = createSocket({
    type: local.family === 4 ? 'udp4' : 'udp6',
    ipv6Only: local.family === 6,
    // Addresses are literals: without this, each reply would wait for a turn of the event loop to be "resolved".
    lookup: (address, _options, callback) => callback(null, address, local.family),
  });
  await bind(socket, local, port);
  growReceiveBuffer(socket);
  const failed = Promise.withResolvers<Error>();
  let accepting = true;
  let pending = 0;
  let isClosed = false;
  socket.on('error', failed.resolve);
  socket.on('message', (message: Buffer, remote: RemoteInfo) => {
    // Nobody can be answered at port 0, and to try would throw: a forged datagram could stop the process.
    if (!accepting || remote.port === 0) return;
    // Not a Buffer past this point: its `slice` shares memory where everyone else's copies.
    let received: Uint8Array = new Uint8Array(message.buffer, message.byteOffset, message.length);
    let { address } = remote;
    if (proxies.isUsed) {
      const unwrapped = unwrap(received, address, options);
      if (!unwrapped) return;
      received = unwrapped.octets;
      address = unwrapped.address;
    }
    const client: Client = { transport: 'udp', address, port: remote.port, local };
    pending += 1;
    responder(received, client, octets => {
      pending -= 1;
      // A reply that the kernel cannot send is a lost datagram; the client asks again.
      if (octets && !isClosed)
        socket.send(octets, 0, octets.length, remote.port, remote.address, ignoreSendError);
    });
  });
  return {
    port: socket.address().port,
    failed: failed.promise,
    get pending() {
      return pending;
    },
    stopAccepting: () => {
      accepting = false;
    },
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      await new Promise<void>(resolve => socket.close(() => resolve()));
    },
  };
}

interface Unwrapped {
  readonly octets: Uint8Array;
  readonly address: string;
}

/**
 * What a client said, and its address. A trusted proxy must say for whom it speaks, in each datagram; anybody else who
 * does is dropped. Replies go to where the datagram came from, in either case.
 */
function unwrap(
  datagram: Uint8Array,
  peer: string,
  { proxies, counters }: ListenOptions,
): Unwrapped | undefined {
  if (!proxies.has(peer)) {
    if (!hasProxySignature(datagram)) return { octets: datagram, address: peer };
    counters.strangeProxyHeaders += 1;
    return undefined;
  }
  const header = readProxyHeader(datagram);
  if (typeof header === 'string') {
    counters.badProxyHeaders.udp += 1;
    return undefined;
  }
  return { octets: datagram.subarray(header.size), address: header.source?.text ?? peer };
}

async function bind(socket: Socket, local: LocalAddress, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      // Exclusive: without it a process of the same group could be given the socket.
      socket.bind({ address: local.text, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferOctets);
  } catch {
    // The kernel's own size then: fewer queries survive a stall, nothing else changes.
  }
}

function ignoreSendError(): void {}
