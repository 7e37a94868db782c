/**
 * A thread that there always is: one that ends without having been told to is followed by another. One that hangs is ended:
 * what it does stands still for many heartbeats, which are counted, not the time between them: where the whole process was
 * stopped, or had no processor, no thread is to blame.
 */
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../system/clock.ts';
import type { Log } from '../telemetry/log.ts';

export interface LastingThreadOptions {
  /** For the log: what it is, and which. */
  readonly what: string;
  readonly which: Readonly<Record<string, number>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Its first message says that it has begun. */
  readonly start: () => Worker;
  /** Ends a wait that it may be in, in the kernel, where nobody can end a thread. */
  readonly wake?: () => void;
  /** It has ended, `isLost` untold; gives what else of it the log is to say. */
  readonly onEnd: (isLost: boolean) => Readonly<Record<string, number>>;
  /** Called before another is started. */
  readonly onReplace?: () => void;
}

/** Milliseconds before a thread that has lived no longer than that is followed by another: a start costs 50 to 100 ms of CPU. */
const restartMs = 100;

/** Heartbeats that a thread may be at the same: a second, as long as the agent gives the whole process. */
const hangsAfterBeats = 20;

/** Milliseconds that a thread has to end by itself. */
const endsWithinMs = 500;

export class LastingThread {
  readonly #options: LastingThreadOptions;
  #worker: Worker | undefined;
  /** Of the thread of the moment; resolves when it has ended. */
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #isClosing = false;
  /** How far it was at the last heartbeat, and at how many before. */
  #progress = 0;
  #beats = 0;
  /** Threads that ended untold. */
  losses = 0;

  constructor(options: LastingThreadOptions) {
    this.#options = options;
  }

  /** Not for a moment after one was lost. */
  get isThere(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts the first one. @throws What kept it from beginning. */
  async open(): Promise<void> {
    const worker = this.#start();
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error(`the ${this.#options.what} has ended before it began`)));
    });
    this.#replaceWhenLost(worker);
  }

  post(message: unknown): void {
    this.#worker?.postMessage(message);
  }

  /** To be called with each heartbeat: ends it where it hangs. `progress` stands still then; 0 where it has nothing to do. */
  beat(progress: number): void {
    this.#beats = this.#worker && progress !== 0 && progress === this.#progress ? this.#beats + 1 : 0;
    this.#progress = progress;
    // Once: whom that does not end, nothing will.
    if (this.#isClosing || this.#beats !== hangsAfterBeats) return;
    this.#options.log.error(this.#options.which, `${this.#options.what} hangs`);
    void this.end();
  }

  /** Ends it whatever it is doing; another follows. Resolves when it has ended. */
  async end(): Promise<void> {
    const ended = this.#worker?.terminate();
    if (ended) this.#options.wake?.();
    await ended;
  }

  /** None follows from now on; to be said before it is told to end. */
  close(): void {
    this.#isClosing = true;
    clearTimeout(this.#restart);
  }

  /** Resolves when it has ended, which it has little time for. */
  async untilEnded(): Promise<void> {
    const inTime = new AbortController();
    const late = this.#options.clock.sleep(endsWithinMs, inTime.signal).then(
      () => this.end(),
      () => undefined,
    );
    await this.#ended;
    inTime.abort();
    await late;
  }

  #start(): Worker {
    const worker = this.#options.start();
    this.#worker = worker;
    this.#ended = new Promise(resolve => worker.once('exit', () => resolve()));
    return worker;
  }

  #replaceWhenLost(worker: Worker): void {
    const { clock, log, what, which, onEnd } = this.#options;
    const fromMs = clock.monotonicMs();
    let cause: string | undefined;
    worker.on('error', error => {
      cause = error.message;
    });
    worker.once('exit', exitCode => {
      this.#worker = undefined;
      const isLost = !this.#isClosing;
      const more = onEnd(isLost);
      if (!isLost) return;
      this.losses += 1;
      log.error(
        { ...which, exitCode, ...more, ...(cause !== undefined && { error: cause }) },
        `${what} lost`,
      );
      if (clock.monotonicMs() - fromMs >= restartMs) this.#replace();
      else this.#restart = setTimeout(() => this.#replace(), restartMs);
    });
  }

  #replace(): void {
    this.#options.onReplace?.();
    this.#progress = 0;
    this.#replaceWhenLost(this.#start());
  }
}
