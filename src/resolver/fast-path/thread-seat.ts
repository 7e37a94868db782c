/**
 * The place of one listener thread: what it serves and what it has counted, both of which outlive it.
 *
 * A thread that ends untold, or hangs, is followed by another (`lasting-thread.ts`), with the same sockets: what the kernel
 * holds for them meanwhile is answered by that one. A round takes less than a millisecond, so what is still at the same one
 * after many heartbeats will not come to its end.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../system/clock.ts';
import type { Libc } from '../../system/libc.ts';
import { WakeUp } from '../../system/poll-set.ts';
import type { Log } from '../../telemetry/log.ts';
import { LastingThread } from '../lasting-thread.ts';
import { lanes } from '../listeners/lanes.ts';
import { threadHeap } from '../memory.ts';
import { HandOverRing } from './hand-over-ring.ts';
import type { FastPathSource, ThreadData, ThreadMessage, ThreadSocket } from './thread-messages.ts';
import { ThreadState } from './thread-state.ts';

export interface SeatOptions {
  readonly number: number;
  readonly libc: Libc;
  readonly fastPath: FastPathSource;
  readonly clock: Clock;
  readonly log: Log;
}

export class ThreadSeat implements AsyncDisposable {
  /** By lane. */
  readonly rings: readonly HandOverRing[];
  readonly state: ThreadState;
  readonly #options: SeatOptions;
  readonly #shared = {
    state: ThreadState.allocate(),
    rings: lanes.map(() => HandOverRing.allocate()),
  };
  readonly #wakeUp: WakeUp;
  readonly #sockets = new Map<number, ThreadSocket>();
  readonly #thread: LastingThread;

  constructor(options: SeatOptions) {
    this.#options = options;
    this.rings = this.#shared.rings.map(ring => new HandOverRing(ring));
    this.state = new ThreadState(this.#shared.state);
    this.#wakeUp = new WakeUp(options.libc);
    const { number, clock, log } = options;
    this.#thread = new LastingThread({
      ...{ what: 'listener thread', which: { thread: number }, clock, log },
      start: () => this.#start(),
      wake: () => this.#wakeUp.ring(),
      onEnd: () => {
        this.state.rest();
        return {};
      },
    });
  }

  /** Threads that ended untold. */
  get losses(): number {
    return this.#thread.losses;
  }

  /** Starts the first thread. @throws What kept it from beginning. */
  async open(): Promise<void> {
    await this.#thread.open();
  }

  /** The thread serves this socket from now on, or in this way. */
  put(socket: ThreadSocket): void {
    this.#sockets.set(socket.id, socket);
    this.#tell({ kind: 'socket', socket });
  }

  /** No thread to come will serve it; the one there is has said that it no longer does. */
  forget(id: number): void {
    this.#sockets.delete(id);
  }

  /** The fast path of the thread begins anew. */
  renew(): void {
    const { fastPath, number } = this.#options;
    this.#tell({ kind: 'shared', shared: fastPath.sharedFor(number) });
  }

  /** To be called with each heartbeat: ends a thread that hangs. */
  beat(): void {
    this.#thread.beat(this.state.roundUnderWay);
  }

  /** Ends the thread whatever it is doing; another follows. Resolves when it is certain that it reads no socket. */
  async end(): Promise<void> {
    await this.#thread.end();
  }

  /** Asks the thread to end, without waiting for it. */
  stop(): void {
    this.#thread.close();
    this.#tell({ kind: 'stop' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#thread.untilEnded();
    this.#wakeUp[Symbol.dispose]();
  }

  #tell(message: ThreadMessage): void {
    this.#thread.post(message);
    this.#wakeUp.ring();
  }

  #start(): Worker {
    const { fastPath, number } = this.#options;
    const data: ThreadData = {
      ...this.#shared,
      wakeUp: this.#wakeUp.fd,
      fastPath: { module: fastPath.module, shared: fastPath.sharedFor(number) },
      sockets: [...this.#sockets.values()],
    };
    return new Worker(new URL('./udp-thread.ts', import.meta.url), {
      workerData: data,
      name: `udp ${number}`,
      resourceLimits: threadHeap,
    });
  }
}
