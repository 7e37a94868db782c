/**
 * The place of one listener thread: what it serves and what it has counted, both of which outlive it.
 *
 * A thread that ends without having been told to is followed by another, with the same sockets: what the kernel holds for
 * them meanwhile is answered by that one. One that hangs is ended: a round of it takes less than a millisecond, so what is
 * still at the same one after many heartbeats will not come to its end. They are counted, not the time between them: where
 * the whole process was stopped, or had no processor, no thread is to blame.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../system/clock.ts';
import type { Libc } from '../../system/libc.ts';
import { WakeUp } from '../../system/poll-set.ts';
import type { Log } from '../../telemetry/log.ts';
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

/** Milliseconds before a thread that has lived no longer than that is followed by another: a start costs some 50 ms of CPU. */
const restartMs = 100;

/** Heartbeats that a thread may be at one round: a second, as long as the agent gives the whole process. */
const hangsAfterBeats = 20;

/** Milliseconds that a thread has to end by itself. It looks at its messages after each round, which takes less than one. */
const endsWithinMs = 500;

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
  #worker: Worker | undefined;
  /** Of the thread of the moment; resolves when it has ended. */
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #isClosing = false;
  /** The round that was under way at the last heartbeat, and at how many before. */
  #round = 0;
  #beats = 0;
  /** Threads that ended untold. */
  losses = 0;

  constructor(options: SeatOptions) {
    this.#options = options;
    this.rings = this.#shared.rings.map(ring => new HandOverRing(ring));
    this.state = new ThreadState(this.#shared.state);
    this.#wakeUp = new WakeUp(options.libc);
  }

  /** Starts the first thread. @throws What kept it from beginning. */
  async open(): Promise<void> {
    const worker = this.#start();
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread has ended before it began')));
    });
    this.#replaceWhenLost(worker);
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
    const { roundUnderWay } = this.state;
    this.#beats = roundUnderWay !== 0 && roundUnderWay === this.#round ? this.#beats + 1 : 0;
    this.#round = roundUnderWay;
    // Once: whom that does not end, nothing will.
    if (this.#isClosing || this.#beats !== hangsAfterBeats) return;
    this.#options.log.error({ thread: this.#options.number }, 'listener thread hangs');
    void this.end();
  }

  /** Ends the thread whatever it is doing; another follows. Resolves when it is certain that it reads no socket. */
  async end(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    const ended = worker.terminate();
    // It may be waiting in the kernel, where nobody can end it.
    this.#wakeUp.ring();
    await ended;
  }

  /** Asks the thread to end, without waiting for it. */
  stop(): void {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    this.#tell({ kind: 'stop' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    const inTime = new AbortController();
    const late = this.#options.clock.sleep(endsWithinMs, inTime.signal).then(
      () => this.end(),
      () => undefined,
    );
    await this.#ended;
    inTime.abort();
    await late;
    this.#wakeUp[Symbol.dispose]();
  }

  #tell(message: ThreadMessage): void {
    this.#worker?.postMessage(message);
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
    const worker = new Worker(new URL('./udp-thread.ts', import.meta.url), {
      workerData: data,
      name: `udp ${number}`,
      resourceLimits: threadHeap,
    });
    this.#worker = worker;
    this.#ended = new Promise(resolve => worker.once('exit', () => resolve()));
    return worker;
  }

  #replaceWhenLost(worker: Worker): void {
    const { clock, log, number } = this.#options;
    const fromMs = clock.monotonicMs();
    let cause: string | undefined;
    worker.on('error', error => {
      cause = error.message;
    });
    worker.once('exit', exitCode => {
      this.#worker = undefined;
      this.state.rest();
      if (this.#isClosing) return;
      this.losses += 1;
      log.error(
        { thread: number, exitCode, ...(cause !== undefined && { error: cause }) },
        'listener thread lost',
      );
      const delayMs = clock.monotonicMs() - fromMs < restartMs ? restartMs : 0;
      this.#restart = setTimeout(() => this.#replaceWhenLost(this.#start()), delayMs);
    });
  }
}
