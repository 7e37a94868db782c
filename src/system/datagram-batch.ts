/**
 * Batches of datagrams: one system call takes, or sends, up to 64 of them.
 *
 * All memory is set up once: headers (struct mmsghdr, 64 octets each), pieces (struct iovec, 16), addresses, data. A batch
 * is of one thread, and what was taken is there until the next is.
 */
import { errnos, type Libc, systemError } from './libc.ts';
import { addressOctets, SocketAddresses, wordsPerAddress } from './socket-address.ts';

/** As many as are worth a call: beyond it the call's own share of a datagram's cost is below one in fifty. */
export const batchSize = 64;

const wordsPerHeader = 16;
const octetsPerHeader = wordsPerHeader * 4;
/** Where a header has what, in 32-bit words: pointers and lengths have two each (struct msghdr, then msg_len). */
const header = { name: 0, nameOctets: 2, piece: 4, pieces: 6, flags: 12, octets: 14 } as const;
const wordsPerPiece = 4;
const piece = { base: 0, octets: 2 } as const;

/** MSG_DONTWAIT and MSG_TRUNC (recv(2)), POLLOUT (poll(2)). */
const dontWait = 0x40;
const wasTruncated = 0x20;
const pollOut = 0x4;

/** Octets that a received datagram has room for, beyond any query that a client could need. */
export const datagramOctets = 4096;
/** A cache line more than the room, or all datagrams would meet in one set of the first cache. */
const stride = datagramOctets + 64;

/** What a batch of headers, pieces and addresses has in common, whichever way it goes. */
class Frames {
  readonly headers = new Int32Array(new ArrayBuffer(batchSize * octetsPerHeader));
  readonly pieces = new Int32Array(new ArrayBuffer(batchSize * wordsPerPiece * 4));
  readonly peers = new SocketAddresses(new Int32Array(new ArrayBuffer(batchSize * wordsPerAddress * 4)));
  readonly address: bigint;

  constructor(libc: Libc) {
    this.address = libc.addressOf(this.headers);
    const pieces = Number(libc.addressOf(this.pieces));
    const peers = Number(libc.addressOf(this.peers.words));
    for (let slot = 0; slot < batchSize; slot += 1) {
      const at = slot * wordsPerHeader;
      setPointer(this.headers, at + header.name, peers + slot * wordsPerAddress * 4);
      setPointer(this.headers, at + header.piece, pieces + slot * wordsPerPiece * 4);
      this.headers[at + header.pieces] = 1;
    }
  }
}

export class ReceiveBatch {
  /** The datagram of a slot begins at `offsetOf(slot)`. */
  readonly octets: Uint8Array = new Uint8Array(new ArrayBuffer(batchSize * stride));
  /** The peer of a slot is at word `peerOf(slot)`. */
  readonly peers: SocketAddresses;
  readonly #libc: Libc;
  readonly #frames: Frames;
  /** Headers that the kernel has written into since they were made ready. */
  #used = batchSize;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#frames = new Frames(libc);
    this.peers = this.#frames.peers;
    const base = Number(libc.addressOf(this.octets));
    for (let slot = 0; slot < batchSize; slot += 1) {
      setPointer(this.#frames.pieces, slot * wordsPerPiece + piece.base, base + slot * stride);
      this.#frames.pieces[slot * wordsPerPiece + piece.octets] = datagramOctets;
    }
  }

  /** Takes what is there, at most a batch, without waiting. Gives how many. @throws The operating system's error. */
  receive(fd: number): number {
    const { headers, address } = this.#frames;
    for (let slot = 0; slot < this.#used; slot += 1)
      headers[slot * wordsPerHeader + header.nameOctets] = addressOctets;
    for (;;) {
      const taken = this.#libc.recvmmsg(fd, address, batchSize, dontWait, null);
      this.#used = Math.max(taken, 0);
      if (taken >= 0) return taken;
      const errno = this.#libc.errno();
      if (errno === errnos.wouldBlock) return 0;
      if (errno !== errnos.interrupted) throw systemError('recvmmsg', errno);
    }
  }

  offsetOf(slot: number): number {
    return slot * stride;
  }

  peerOf(slot: number): number {
    return slot * wordsPerAddress;
  }

  lengthOf(slot: number): number {
    return this.#frames.headers[slot * wordsPerHeader + header.octets] ?? 0;
  }

  /** Whether the datagram was longer than its room: only its beginning is here. */
  isTruncated(slot: number): boolean {
    return ((this.#frames.headers[slot * wordsPerHeader + header.flags] ?? 0) & wasTruncated) !== 0;
  }
}

export class SendBatch {
  /** Datagrams lie one behind the other; the next one is to be written at `next`. */
  readonly octets: Uint8Array;
  readonly #libc: Libc;
  readonly #frames: Frames;
  readonly #base: number;
  readonly #writable: Int32Array = new Int32Array(new ArrayBuffer(8));
  #count = 0;
  #next = 0;

  /** With room for `octets` in all. */
  constructor(libc: Libc, octets: number) {
    this.#libc = libc;
    this.#frames = new Frames(libc);
    this.octets = new Uint8Array(new ArrayBuffer(octets));
    this.#base = Number(libc.addressOf(this.octets));
  }

  get count(): number {
    return this.#count;
  }

  get next(): number {
    return this.#next;
  }

  hasRoomFor(octets: number): boolean {
    return this.#count < batchSize && this.#next + octets <= this.octets.length;
  }

  /** Of the octets at `next`, `length` go to the address at this word of `peers`. There must be room. */
  add(length: number, peers: SocketAddresses, at: number): void {
    const { headers, pieces } = this.#frames;
    const own = this.#frames.peers.words;
    const slot = this.#count;
    for (let word = 0; word < wordsPerAddress; word += 1)
      own[slot * wordsPerAddress + word] = peers.words[at + word] ?? 0;
    headers[slot * wordsPerHeader + header.nameOctets] = peers.sizeAt(at);
    setPointer(pieces, slot * wordsPerPiece + piece.base, this.#base + this.#next);
    pieces[slot * wordsPerPiece + piece.octets] = length;
    this.#count += 1;
    // Each begins at a boundary of eight, as wide as the widest copy.
    this.#next = (this.#next + length + 7) & ~7;
  }

  /**
   * Sends all, in the order they were added, and is empty. Where the kernel has no room it waits, `waitMs` at most. Gives
   * how many could not be sent: datagrams get lost, and that one cannot be sent says nothing of the next.
   */
  send(fd: number, waitMs: number): number {
    const count = this.#count;
    this.#count = 0;
    this.#next = 0;
    let failed = 0;
    let hasWaited = false;
    for (let at = 0; at < count; ) {
      const sent = this.#libc.sendmmsg(fd, this.#addressOf(at), count - at, dontWait);
      if (sent > 0) {
        at += sent;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === errnos.interrupted) continue;
      if (errno !== errnos.wouldBlock) {
        at += 1;
        failed += 1;
        continue;
      }
      if (hasWaited || !this.#waitUntilWritable(fd, waitMs)) return failed + count - at;
      hasWaited = true;
    }
    return failed;
  }

  #addressOf(slot: number): bigint {
    const { address } = this.#frames;
    return slot === 0 ? address : address + BigInt(slot * octetsPerHeader);
  }

  #waitUntilWritable(fd: number, waitMs: number): boolean {
    this.#writable[0] = fd;
    this.#writable[1] = pollOut;
    return this.#libc.poll(this.#libc.addressOf(this.#writable), 1, waitMs) > 0;
  }
}

/** Addresses of user space have 52 bits at most, so that a number holds them. */
function setPointer(words: Int32Array, at: number, address: number): void {
  words[at] = address | 0;
  words[at + 1] = Math.floor(address / 2 ** 32);
}
