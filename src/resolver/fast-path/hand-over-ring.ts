/**
 * Datagrams on their way from a thread to the resolver's own: a ring in shared memory, one writer, one reader.
 *
 * It holds as many queries as the kernel's buffer would. When it is full, the writer is told so and sheds: what waits
 * longer than its client does is answered to nobody. The writer may die at any point: what it had not finished is not there.
 */
import { SocketAddresses, wordsPerAddress } from '../../system/socket-address.ts';

/** Some 4000 queries of a hundred octets, a tenth of a second at 40 000 a second. */
const ringOctets = 512 * 1024;

/** Places are counted in units of this size, modulo 2^32; the ring has a power of two of them. A mark fits into one. */
const unitOctets = 16;
const wordsPerUnit = 4;
const units = ringOctets / unitOctets;

/** Words before the ring itself, each in a cache line of its own, for both sides write. */
const places = { head: 0, tail: 16, bell: 32 } as const;
const prologueWords = 48;

/** Words before a datagram's octets. */
const record = { units: 0, socket: 1, kind: 2, value: 3, peer: 4 } as const;
const recordWords = record.peer + wordsPerAddress;

/** `skip`: nothing more before the ring begins anew. */
const kinds = { datagram: 0, end: 1, skip: 2 } as const;

export class HandOverRing {
  /** Where the octets of a datagram taken lie, at `at`. */
  readonly octets: Uint8Array;
  /** Where its peer's address lies, at the word `peerAt`. */
  readonly peers: SocketAddresses;
  /** Of what was last taken. */
  socket = 0;
  length = 0;
  at = 0;
  peerAt = 0;
  /** Whether this is the last of its socket, and then the error that it ended with, 0 for none. */
  isEnd = false;
  errno = 0;
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  #hasNews = false;

  constructor(shared: SharedArrayBuffer) {
    this.#control = new Int32Array(shared, 0, prologueWords);
    this.#words = new Int32Array(shared, prologueWords * 4);
    this.octets = new Uint8Array(shared, prologueWords * 4);
    this.peers = new SocketAddresses(this.#words);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(prologueWords * 4 + ringOctets);
  }

  /** The writer's: copies a datagram and its peer. False when there is no room. */
  write(socket: number, datagram: Uint8Array, from: Peer): boolean {
    const at = this.#begin(datagram.length);
    if (at < 0) return false;
    const words = this.#words;
    for (let word = 0; word < wordsPerAddress; word += 1)
      words[at + record.peer + word] = from.peers.words[from.at + word] ?? 0;
    this.octets.set(datagram, (at + recordWords) * 4);
    this.#finish(at, { socket, kind: kinds.datagram, value: datagram.length });
    return true;
  }

  /** The writer's: nothing more comes from this socket. False when there is no room. */
  writeEnd(socket: number, errno: number): boolean {
    const at = this.#begin(0);
    if (at < 0) return false;
    this.#finish(at, { socket, kind: kinds.end, value: errno });
    return true;
  }

  /** The writer's, after each batch: wakes the reader where it waits. */
  ringBell(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    if (Atomics.exchange(this.#control, places.bell, 1) === 0) Atomics.notify(this.#control, places.bell);
  }

  /** The reader's: whether there was something, which is then described by the fields until `release`. */
  take(): boolean {
    for (;;) {
      const tail = Atomics.load(this.#control, places.tail);
      if (tail === Atomics.load(this.#control, places.head)) return false;
      const at = (tail & (units - 1)) * wordsPerUnit;
      const kind = this.#words[at + record.kind];
      if (kind === kinds.skip) {
        this.#advance(tail, this.#words[at + record.units] ?? 0);
        continue;
      }
      this.socket = this.#words[at + record.socket] ?? 0;
      this.isEnd = kind === kinds.end;
      const value = this.#words[at + record.value] ?? 0;
      this.length = this.isEnd ? 0 : value;
      this.errno = this.isEnd ? value : 0;
      this.peerAt = at + record.peer;
      this.at = (at + recordWords) * 4;
      return true;
    }
  }

  /** The reader's: what was taken has been copied. */
  release(): void {
    const tail = Atomics.load(this.#control, places.tail);
    this.#advance(tail, this.#words[(tail & (units - 1)) * wordsPerUnit + record.units] ?? 0);
  }

  /** The reader's, when it has found nothing: the wait for the bell, or undefined when there is something after all. */
  untilBell(): Promise<unknown> | undefined {
    Atomics.store(this.#control, places.bell, 0);
    if (Atomics.load(this.#control, places.tail) !== Atomics.load(this.#control, places.head))
      return undefined;
    const wait = Atomics.waitAsync(this.#control, places.bell, 0);
    return wait.async ? wait.value : undefined;
  }

  /** Ends the reader's wait. */
  endWait(): void {
    Atomics.store(this.#control, places.bell, 1);
    Atomics.notify(this.#control, places.bell);
  }

  /** The word at which a record with so many octets can be written, -1 when there is no room. */
  #begin(octets: number): number {
    const size = unitsFor(octets);
    const head = Atomics.load(this.#control, places.head);
    const free = units - ((head - Atomics.load(this.#control, places.tail)) | 0);
    const index = head & (units - 1);
    const untilEdge = units - index;
    if (size <= untilEdge) return size <= free ? index * wordsPerUnit : -1;
    if (untilEdge + size > free) return -1;
    // A record lies in one piece: what is left up to the edge is skipped.
    const at = index * wordsPerUnit;
    this.#words[at + record.units] = untilEdge;
    this.#words[at + record.kind] = kinds.skip;
    Atomics.store(this.#control, places.head, (head + untilEdge) | 0);
    return 0;
  }

  #finish(at: number, { socket, kind, value }: Finished): void {
    const size = unitsFor(kind === kinds.datagram ? value : 0);
    this.#words[at + record.units] = size;
    this.#words[at + record.socket] = socket;
    this.#words[at + record.kind] = kind;
    this.#words[at + record.value] = value;
    const head = Atomics.load(this.#control, places.head);
    Atomics.store(this.#control, places.head, (head + size) | 0);
    this.#hasNews = true;
  }

  #advance(tail: number, size: number): void {
    Atomics.store(this.#control, places.tail, (tail + size) | 0);
  }
}

/** An address, in place. */
export interface Peer {
  readonly peers: SocketAddresses;
  /** Its first word. */
  readonly at: number;
}

interface Finished {
  readonly socket: number;
  readonly kind: number;
  readonly value: number;
}

function unitsFor(octets: number): number {
  return Math.ceil((recordWords * 4 + octets) / unitOctets);
}
