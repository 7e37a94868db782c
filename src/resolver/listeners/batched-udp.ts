/**
 * DNS over UDP on one address by listener threads: what they cannot decide comes here, and is answered from here.
 *
 * Each thread has sockets of its own bound to the address, one in each lane (`lanes.ts`). Replies leave from the first of them, by the batch: those of
 * one turn of the event loop go together.
 */
import { formatIpAddress } from '../../ip/address.ts';
import { closeDescriptor } from '../../system/batched-udp.ts';
import { SendBatch } from '../../system/datagram-batch.ts';
import { type Libc, systemError } from '../../system/libc.ts';
import { SocketAddresses, wordsPerAddress } from '../../system/socket-address.ts';
import type { HandOverRing } from '../fast-path/hand-over-ring.ts';
import type { UdpThreads } from '../fast-path/udp-threads.ts';
import type { Client } from './client.ts';
import { openLaneSockets } from './lane-sockets.ts';
import type { Listener, ListenOptions } from './listener.ts';
import { unwrapDatagram } from './unwrap-datagram.ts';

export interface BatchedUdpOptions extends ListenOptions {
  readonly threads: UdpThreads;
  /** Whether a service address can have lanes; it can unless told. */
  readonly hasLanes?: boolean;
}

/** Octets of replies that go together; the largest UDP datagram fits. */
const batchOctets = 128 * 1024;

/** Milliseconds that the kernel may take to have room for replies; the event loop stands still meanwhile. */
const sendWaitMs = 1;

/** @throws The operating system's error when the address or the port cannot be had. */
export async function listenBatchedUdp(options: BatchedUdpOptions): Promise<Listener> {
  const { local, responder, proxies, threads, hasLanes = true } = options;
  const { libc, count } = threads;
  const { descriptors, port } = openLaneSockets(libc, {
    local,
    port: options.port,
    threads: count,
    hasLanes,
  });
  const replies = new Replies(libc, descriptors[0]?.[0] ?? -1);
  const failed = Promise.withResolvers<Error>();
  let isEnding = false;
  let pending = 0;
  let closing: Promise<void> | undefined;
  const onDatagram = (taken: HandOverRing): void => {
    const { at } = taken;
    // Copied: what asks upstreams outlives the datagram's place in the ring.
    let received: Uint8Array = taken.octets.slice(at, at + taken.length);
    const peer = new SocketAddresses(taken.peers.words.slice(taken.peerAt, taken.peerAt + wordsPerAddress));
    let address = addressText(libc, peer);
    if (proxies.isUsed) {
      const unwrapped = unwrapDatagram(received, address, options);
      if (!unwrapped) return;
      received = unwrapped.octets;
      address = unwrapped.address;
    }
    const client: Client = { transport: 'udp', address, port: peer.portAt(0), local };
    pending += 1;
    responder(received, client, octets => {
      pending -= 1;
      if (octets) replies.add(octets, peer);
    });
  };
  const attached = descriptors.map((each, lane) =>
    threads.attach({
      descriptors: each,
      lane,
      isService: local.kind === 'service',
      handsAllOver: proxies.isUsed,
      onDatagram,
      onFailure: errno => failed.resolve(systemError('recvmmsg', errno)),
    }),
  );
  const stopAccepting = (): void => {
    if (!isEnding) for (const lane of attached) lane.end();
    isEnding = true;
  };
  const close = async (): Promise<void> => {
    stopAccepting();
    await Promise.all(attached.map(lane => lane.untilEnded()));
    replies.close();
    for (const fd of descriptors.flat()) closeDescriptor(libc, fd);
  };
  return {
    port,
    failed: failed.promise,
    get pending() {
      // What a thread has yet to take, or to hand over, counts as long as it has not said that there is nothing more.
      return pending + (isEnding ? attached.reduce((sum, { open }) => sum + open, 0) : 0);
    },
    stopAccepting,
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** As node:dgram gives it: canonical, with the interface when link-local. */
function addressText(libc: Libc, peer: SocketAddresses): string {
  const octets = peer.octetsAt(0);
  const text = formatIpAddress(octets);
  const isLinkLocal = octets.length === 16 && octets[0] === 0xfe && ((octets[1] ?? 0) & 0xc0) === 0x80;
  return isLinkLocal ? `${text}%${interfaceName(libc, peer.scopeAt(0))}` : text;
}

/** Octets that an interface's name has at most, its end included (IF_NAMESIZE). */
const interfaceNameOctets = 16;

function interfaceName(libc: Libc, index: number): string {
  const name = Buffer.alloc(interfaceNameOctets);
  return libc.if_indextoname(index, name) === null
    ? String(index)
    : name.toString('latin1', 0, name.indexOf(0));
}

/** Replies on their way, those of one turn together. */
class Replies {
  readonly #fd: number;
  readonly #batch: SendBatch;
  #flushing: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(libc: Libc, fd: number) {
    this.#fd = fd;
    this.#batch = new SendBatch(libc, batchOctets);
  }

  add(octets: Uint8Array, peer: SocketAddresses): void {
    if (this.#isClosed || octets.length > batchOctets) return;
    if (!this.#batch.hasRoomFor(octets.length)) this.#flush();
    this.#batch.octets.set(octets, this.#batch.next);
    this.#batch.add(octets.length, peer, 0);
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  /** A reply that the kernel cannot send is a lost datagram; the client asks again. */
  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    this.#batch.send(this.#fd, sendWaitMs);
  }

  close(): void {
    this.#flush();
    this.#isClosed = true;
  }
}
