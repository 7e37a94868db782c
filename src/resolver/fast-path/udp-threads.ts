/**
 * The listener threads, seen from the resolver's own: what they serve, and what they hand over.
 *
 * A listener attaches its sockets, one for each thread, and gets what its threads could not decide, a limited number of
 * datagrams in each turn of the event loop, so that upstreams are heard in between. Ended is a socket when its thread has
 * answered, or handed over, all that had arrived; only then may its descriptor be closed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../system/clock.ts';
import type { Libc } from '../../system/libc.ts';
import type { Log } from '../../telemetry/log.ts';
import type { HandOverRing } from './hand-over-ring.ts';
import type { FastPathSource, ThreadSocket } from './thread-messages.ts';
import { ThreadSeat } from './thread-seat.ts';
import type { ThreadCount } from './thread-state.ts';

export interface UdpThreadsOptions {
  readonly threads: number;
  readonly libc: Libc;
  readonly fastPath: FastPathSource;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Attachment {
  /** One bound socket for each thread. */
  readonly descriptors: readonly number[];
  /** By number. */
  readonly lane: number;
  readonly isService: boolean;
  readonly handsAllOver: boolean;
  /** What a thread has handed over: to be read in place, and copied before this returns. */
  readonly onDatagram: (taken: HandOverRing) => void;
  /** A socket has ended by itself, of this error. */
  readonly onFailure: (errno: number) => void;
}

export interface Attached {
  /** Sockets that have not ended. */
  readonly open: number;
  /** Has the threads answer what has arrived, and then leave the sockets alone. */
  end(): void;
  /** Resolves when they do. A thread that does not find its way back is ended for it. */
  untilEnded(): Promise<void>;
}

/** Datagrams of a thread and lane that are taken in one turn: as many as libuv reads from a socket before it looks elsewhere. */
const datagramsPerTurn = 32;

/** Milliseconds until a thread that was to leave a socket is thought to hang. */
const leavesWithinMs = 1000;

interface Place {
  readonly seat: ThreadSeat;
  readonly socket: ThreadSocket;
  readonly attachment: Attachment;
  readonly ended: PromiseWithResolvers<void>;
}

export class UdpThreads implements AsyncDisposable {
  readonly libc: Libc;
  readonly #clock: Clock;
  readonly #seats: readonly ThreadSeat[];
  readonly #places = new Map<number, Place>();
  readonly #stopAll = (): void => {
    for (const seat of this.#seats) seat.stop();
  };
  #draining: Promise<void>[] = [];
  #lastId = 0;
  #isClosed = false;

  private constructor({ threads, libc, ...options }: UdpThreadsOptions) {
    this.libc = libc;
    this.#clock = options.clock;
    this.#seats = Array.from(
      { length: threads },
      (_, number) => new ThreadSeat({ ...options, libc, number }),
    );
  }

  /** Starts the threads. @throws What keeps one from beginning. */
  static async open(options: UdpThreadsOptions): Promise<UdpThreads> {
    const threads = new UdpThreads(options);
    await using parts = new AsyncDisposableStack();
    parts.use(threads);
    // Before a process ends it waits for its threads, and they wait for datagrams.
    process.once('exit', threads.#stopAll);
    await Promise.all(threads.#seats.map(seat => seat.open()));
    threads.#draining = threads.#rings.map(ring => threads.#drain(ring));
    parts.move();
    return threads;
  }

  get count(): number {
    return this.#seats.length;
  }

  /** The longest that a thread has been at what it does now: a millisecond at most, unless it hangs. */
  get stalledMs(): number {
    const nowMs = this.#clock.monotonicMs();
    return Math.max(...this.#seats.map(({ state }) => state.stalledMs(nowMs)));
  }

  /** To be called with each heartbeat: threads that hang are ended, and others take their seats. */
  beat(): void {
    for (const seat of this.#seats) seat.beat();
  }

  /** Threads that ended untold. */
  get losses(): number {
    return this.#seats.reduce((sum, { losses }) => sum + losses, 0);
  }

  /** What the threads have counted, in all. */
  countOf(name: ThreadCount): number {
    return this.#seats.reduce((sum, { state }) => sum + state.countOf(name), 0);
  }

  /** The fast path of each thread begins anew, with what its source gives now. */
  renew(): void {
    for (const seat of this.#seats) seat.renew();
  }

  attach(attachment: Attachment): Attached {
    const { descriptors, lane, isService, handsAllOver } = attachment;
    const places = this.#seats.map((seat, index): Place => {
      this.#lastId += 1;
      const fd = descriptors[index] ?? -1;
      const socket = { id: this.#lastId, fd, lane, isService, handsAllOver, isEnding: false };
      return { seat, socket, attachment, ended: Promise.withResolvers() };
    });
    for (const place of places) {
      this.#places.set(place.socket.id, place);
      place.seat.put(place.socket);
    }
    const open = (): Place[] => places.filter(({ socket }) => this.#places.has(socket.id));
    const end = (): void => {
      for (const { seat, socket } of open()) seat.put({ ...socket, isEnding: true });
    };
    return {
      get open() {
        return open().length;
      },
      end,
      untilEnded: async () => {
        await Promise.all(open().map(place => this.#untilEnded(place)));
      },
    };
  }

  /** The threads end; nothing may be attached any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    process.off('exit', this.#stopAll);
    for (const ring of this.#rings) ring.endWait();
    await Promise.all(this.#draining);
    await Promise.all(this.#seats.map(seat => seat[Symbol.asyncDispose]()));
  }

  get #rings(): HandOverRing[] {
    return this.#seats.flatMap(({ rings }) => rings);
  }

  /** Takes what a thread hands over in one lane, as long as there are threads. */
  async #drain(ring: HandOverRing): Promise<void> {
    while (!this.#isClosed) {
      let taken = 0;
      while (taken < datagramsPerTurn && ring.take()) {
        taken += 1;
        this.#deliver(ring);
      }
      const bell = taken < datagramsPerTurn ? ring.untilBell() : undefined;
      await (bell ?? nextTurn());
    }
  }

  #deliver(ring: HandOverRing): void {
    const place = this.#places.get(ring.socket);
    // Released whatever comes of it: a datagram that was delivered twice could do so for ever.
    try {
      if (!place) return;
      if (ring.isEnd) this.#ended(place, ring.errno);
      else place.attachment.onDatagram(ring);
    } finally {
      ring.release();
    }
  }

  #ended({ seat, socket, attachment, ended }: Place, errno: number): void {
    this.#places.delete(socket.id);
    seat.forget(socket.id);
    ended.resolve();
    if (errno !== 0) attachment.onFailure(errno);
  }

  async #untilEnded(place: Place): Promise<void> {
    const inTime = new AbortController();
    const late = this.#clock.sleep(leavesWithinMs, inTime.signal).then(
      async () => {
        place.seat.forget(place.socket.id);
        await place.seat.end();
        this.#ended(place, 0);
      },
      () => undefined,
    );
    await place.ended.promise;
    inTime.abort();
    await late;
  }
}
