/**
 * A listener thread: takes datagrams by the batch, answers those that the fast path decides, hands the others over.
 *
 * It never returns to its event loop. A round takes a batch from each socket that may have something; when no batch was
 * full, the thread waits for all of them and for its wake-up. Where some are it goes on without waiting, and looks now and
 * then at the others. The file is the thread's entry, and does nothing where it is merely imported.
 */
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { systemClock } from '../../system/clock.ts';
import { batchSize, ReceiveBatch, SendBatch } from '../../system/datagram-batch.ts';
import { type Libc, openLibc } from '../../system/libc.ts';
import { PollSet, WakeUp } from '../../system/poll-set.ts';
import { lastDatagrams } from '../listeners/receive-buffer.ts';
import { type FastPath, type FastQuery, handOver, replyOctets } from './fast-path.ts';
import { HandOverRing } from './hand-over-ring.ts';
import { hasBegun, type ThreadData, type ThreadMessage, type ThreadSocket } from './thread-messages.ts';
import { ThreadState } from './thread-state.ts';

/** Rounds under load between looks at the sockets that were quiet, and at the wake-up. */
const roundsPerLook = 8;

/**
 * Milliseconds a wait may last. The wake-up ends it before; but a process that ends waits for its threads, and one that
 * ends by a fault rings nobody.
 */
const waitMs = 1000;

/** Milliseconds the kernel may take to have room for replies: what a slow link sends in that time is a full buffer. */
const sendWaitMs = 10;

/** Waits of a millisecond for room in a full ring, when the last datagrams of a socket are handed over. */
const lastWaits = 500;

type OpenFastPath = (shared: unknown) => FastPath;

interface Served extends ThreadSocket {
  mayHaveMore: boolean;
  /** Datagrams that are still taken. */
  left: number;
  /** How often it may still wait for room in the ring, when it is ending. */
  waits: number;
  hasEnded: boolean;
}

/** The query of the moment, in one object for all of them. */
type CurrentQuery = { -readonly [Key in keyof FastQuery]: FastQuery[Key] };

export interface UdpThreadParts {
  readonly libc: Libc;
  readonly port: MessagePort;
  readonly openFastPath: OpenFastPath;
}

export class UdpThread {
  readonly #port: MessagePort;
  readonly #openFastPath: OpenFastPath;
  readonly #state: ThreadState;
  /** By lane. */
  readonly #rings: readonly HandOverRing[];
  readonly #wakeUp: WakeUp;
  readonly #poll: PollSet;
  readonly #taken: ReceiveBatch;
  readonly #replies: SendBatch;
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));
  readonly #query: CurrentQuery;
  readonly #time = { wallMs: 0, monotonicMs: 0 };
  #fastPath: FastPath;
  #sockets: Served[] = [];
  #isStopped = false;

  constructor(data: ThreadData, { libc, port, openFastPath }: UdpThreadParts) {
    this.#port = port;
    this.#openFastPath = openFastPath;
    this.#fastPath = openFastPath(data.fastPath.shared);
    this.#state = new ThreadState(data.state);
    this.#rings = data.rings.map(ring => new HandOverRing(ring));
    this.#wakeUp = new WakeUp(libc, data.wakeUp);
    this.#poll = new PollSet(libc);
    this.#taken = new ReceiveBatch(libc);
    this.#replies = new SendBatch(libc, batchSize * replyOctets);
    this.#query = {
      octets: this.#taken.octets,
      at: 0,
      length: 0,
      words: new Int32Array(4),
      wordCount: 1,
      isService: false,
      reply: this.#replies.octets,
      replyAt: 0,
    };
    for (const socket of data.sockets) this.#put(socket);
    this.#watch();
  }

  /** Goes on until it is told to stop. */
  run(): void {
    for (let round = 0; !this.#isStopped; round += 1) {
      this.#time.wallMs = systemClock.wallMs();
      this.#time.monotonicMs = systemClock.monotonicMs();
      this.#state.begin(this.#time.monotonicMs);
      let isQuiet = true;
      let hasEnded = false;
      for (const socket of this.#sockets) {
        if (socket.mayHaveMore) this.#serve(socket);
        isQuiet &&= !socket.mayHaveMore;
        hasEnded ||= socket.hasEnded;
      }
      for (const ring of this.#rings) ring.ringBell();
      if (hasEnded) this.#forget();
      if (isQuiet) this.#state.rest();
      if (isQuiet || round % roundsPerLook === 0) this.#look(isQuiet ? waitMs : 0);
    }
  }

  #look(timeoutMs: number): void {
    this.#poll.wait(timeoutMs);
    this.#sockets.forEach((socket, index) => {
      if (this.#poll.isReady(index + 1)) socket.mayHaveMore = true;
    });
    if (!this.#poll.isReady(0)) return;
    this.#wakeUp.clear();
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port))
      this.#hear(next.message);
    this.#watch();
  }

  #hear(message: ThreadMessage): void {
    switch (message.kind) {
      case 'socket':
        this.#change(message.socket);
        return;
      case 'shared':
        this.#fastPath = this.#openFastPath(message.shared);
        return;
      case 'stop':
        this.#isStopped = true;
        return;
      default:
        message satisfies never;
    }
  }

  #change(socket: ThreadSocket): void {
    // It has ended already, and its descriptor may be another's by now.
    if (socket.isEnding && !this.#sockets.some(({ id }) => id === socket.id)) return;
    this.#put(socket);
  }

  #put(socket: ThreadSocket): void {
    const left = socket.isEnding ? lastDatagrams : Number.POSITIVE_INFINITY;
    const others = this.#sockets.filter(({ id }) => id !== socket.id);
    this.#sockets = [...others, { ...socket, mayHaveMore: true, left, waits: lastWaits, hasEnded: false }];
  }

  #forget(): void {
    this.#sockets = this.#sockets.filter(({ hasEnded }) => !hasEnded);
    this.#watch();
  }

  #watch(): void {
    this.#poll.watch([this.#wakeUp.fd, ...this.#sockets.map(({ fd }) => fd)]);
  }

  #serve(socket: Served): void {
    let count: number;
    try {
      count = socket.left > 0 ? this.#taken.receive(socket.fd) : 0;
    } catch (error) {
      // Not of a datagram, but of the socket: its owner opens another.
      this.#end(socket, -((error as NodeJS.ErrnoException).errno ?? 0));
      return;
    }
    socket.left -= count;
    // The kernel gives all there is: what came since, the next look shows. Only of a socket that ends it must be certain.
    socket.mayHaveMore = socket.isEnding ? count > 0 : count === batchSize;
    for (let slot = 0; slot < count; slot += 1) this.#answer(socket, slot);
    const replies = this.#replies.count;
    if (replies > 0) {
      const unsent = this.#replies.send(socket.fd, sendWaitMs);
      this.#state.count('answered', replies - unsent);
      if (unsent > 0) this.#state.count('unsent', unsent);
    }
    if (socket.isEnding && (count === 0 || socket.left <= 0)) this.#end(socket, 0);
  }

  #answer(socket: Served, slot: number): void {
    const taken = this.#taken;
    const peer = taken.peerOf(slot);
    // Nobody can be answered at port 0.
    if (taken.peers.portAt(peer) === 0) return;
    const query = this.#query;
    query.at = taken.offsetOf(slot);
    query.length = taken.lengthOf(slot);
    const result = socket.handsAllOver || taken.isTruncated(slot) ? handOver : this.#decide(socket, peer);
    if (result > 0) this.#replies.add(result, taken.peers, peer);
    else if (result === handOver) this.#handOver(socket, peer);
  }

  #decide(socket: Served, peer: number): number {
    const query = this.#query;
    query.wordCount = this.#taken.peers.readWords(peer, query.words);
    query.isService = socket.isService;
    query.replyAt = this.#replies.next;
    try {
      return this.#fastPath.answer(query, this.#time);
    } catch {
      // Against its contract; without this, one datagram that makes it throw could end each thread that reads it.
      this.#state.count('faults', 1);
      return handOver;
    }
  }

  #handOver(socket: Served, at: number): void {
    const { octets, at: start, length } = this.#query;
    const datagram = octets.subarray(start, start + length);
    const from = { peers: this.#taken.peers, at };
    const ring = this.#ringOf(socket);
    let isTaken = ring.write(socket.id, datagram, from);
    while (!isTaken && socket.isEnding && socket.waits > 0) {
      socket.waits -= 1;
      this.#waitForRoom(ring);
      isTaken = ring.write(socket.id, datagram, from);
    }
    this.#state.count(isTaken ? 'handedOver' : 'shed', 1);
  }

  /** Says so to the owner, who may close the socket then; where the ring is full, in the next round. */
  #end(socket: Served, errno: number): void {
    const ring = this.#ringOf(socket);
    socket.hasEnded = ring.writeEnd(socket.id, errno);
    if (socket.hasEnded) return;
    socket.mayHaveMore = true;
    this.#waitForRoom(ring);
  }

  #ringOf({ lane }: ThreadSocket): HandOverRing {
    const ring = this.#rings[lane];
    if (!ring) throw new RangeError(`no lane ${lane}`);
    return ring;
  }

  #waitForRoom(ring: HandOverRing): void {
    ring.ringBell();
    Atomics.wait(this.#pause, 0, 0, 1);
  }
}

async function begin(data: ThreadData, port: MessagePort): Promise<void> {
  const { openFastPath } = (await import(data.fastPath.module)) as { openFastPath: OpenFastPath };
  const thread = new UdpThread(data, { libc: await openLibc(), port, openFastPath });
  port.postMessage(hasBegun);
  thread.run();
}

if (!isMainThread && parentPort) await begin(workerData, parentPort);
