/**
 * The place of one worker: what it was asked and has not answered, which outlives it by no moment.
 *
 * A worker that ends untold, or hangs, is followed by another (`lasting-thread.ts`), with nothing cached. What it had under
 * way is answered SERVFAIL at once: clients ask again, or elsewhere, before a time-out would have told them to.
 */
import { Worker } from 'node:worker_threads';
import type { Question } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import { Writer } from '../../dns/writer.ts';
import { type Clock, systemClock } from '../../system/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import { LastingThread } from '../lasting-thread.ts';
import type { ThreadHeap } from '../memory.ts';
import { emptyReply, type Reply } from '../reply.ts';
import type { UpstreamStatus } from '../upstreams/upstream.ts';
import type { WorkBudget } from '../work-budget.ts';
import { writeQuestion } from './question-batch.ts';
import { readReplies } from './reply-batch.ts';
import type { Asked, WorkerData, WorkerMessage, WorkerWord } from './worker-messages.ts';
import { type GatheredNumbers, SharedNumbers, WorkerGathering } from './worker-numbers.ts';
import { WorkerRequests } from './worker-requests.ts';

export interface WorkerSeatOptions {
  readonly number: number;
  /** The module that a worker runs. */
  readonly module: URL;
  readonly heap: ThreadHeap;
  /** What a worker that begins now is to have. */
  readonly begins: () => Omit<WorkerData, 'numbers'>;
  /** Questions that may be under way. */
  readonly room: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Where its numbers are added up. */
  readonly sums: GatheredNumbers;
  /** Told of each question that is not asked for want of room, or of a worker. */
  readonly onShed: () => void;
}

/** Milliseconds that a worker has to end what is under way in sources. */
const endsWithinMs = 500;

interface AskedQuestion {
  readonly sources: number;
  readonly budget: WorkBudget;
  readonly reply: PromiseWithResolvers<Reply>;
}

export class WorkerSeat implements AsyncDisposable {
  readonly #options: WorkerSeatOptions;
  readonly #questions = new Map<number, AskedQuestion>();
  readonly #requests = new WorkerRequests();
  readonly #batch = new Writer();
  readonly #gathering = new WorkerGathering();
  /** By sources. */
  readonly upstreams = new Map<number, readonly UpstreamStatus[]>();
  #lines: { readonly line: string; readonly taken: (isTaken: boolean) => void }[] = [];
  #memory = SharedNumbers.allocate();
  #numbers = new SharedNumbers(this.#memory);
  readonly #thread: LastingThread;
  #isSending = false;
  #lastId = 0;
  /** Questions put to it. */
  asked = 0;
  /** Questions that were lost with workers that ended untold. */
  lostQuestions = 0;

  constructor(options: WorkerSeatOptions) {
    this.#options = options;
    const { number, clock, log } = options;
    this.#thread = new LastingThread({
      ...{ what: 'resolver worker', which: { worker: number }, clock, log },
      start: () => this.#start(),
      onEnd: isLost => this.#endAll(isLost),
      onReplace: () => this.#beginAnew(),
    });
  }

  /** Workers that ended untold. */
  get losses(): number {
    return this.#thread.losses;
  }

  get numbers(): SharedNumbers {
    return this.#numbers;
  }

  get underWay(): number {
    return this.#questions.size;
  }

  /** Starts the first worker. @throws What kept it from beginning. */
  async open(): Promise<void> {
    await this.#thread.open();
  }

  resolve(
    sources: number,
    question: Question,
    flags: AnswerFlags,
    budget: WorkBudget,
  ): Reply | Promise<Reply> {
    if (!this.#thread.isThere || this.#questions.size >= this.#options.room) {
      this.#options.onShed();
      return emptyReply(rcodes.SERVFAIL);
    }
    this.asked += 1;
    // They come round after four billion, when none of that age is left.
    this.#lastId = (this.#lastId + 1) >>> 0;
    const id = this.#lastId;
    const reply = Promise.withResolvers<Reply>();
    this.#questions.set(id, { sources, budget, reply });
    const nowMs = systemClock.monotonicMs();
    writeQuestion(this.#batch, { id, sources, question, flags }, { budget, nowMs });
    this.#sendSoon();
    return reply.promise;
  }

  /** Whether it takes an entry of a dump, given as its line; not where the worker is lost. */
  restore(line: string): Promise<boolean> {
    if (!this.#thread.isThere) return Promise.resolve(false);
    const taken = Promise.withResolvers<boolean>();
    this.#lines.push({ line, taken: taken.resolve });
    this.#sendSoon();
    return taken.promise;
  }

  /** Takes effect before whatever is asked from now on. */
  tell(message: WorkerMessage): void {
    this.#send();
    this.#thread.post(message);
  }

  /** Its answer; `ifLost` when there is no worker, or it is lost. */
  request<Value>(asked: Asked, ifLost: Value): Promise<Value> {
    if (!this.#thread.isThere) return Promise.resolve(ifLost);
    const { request, answer } = this.#requests.begin(ifLost);
    this.tell({ kind: 'request', request, asked });
    return answer;
  }

  /** What is under way in these sources ends; resolves when all of it is answered, which the worker has little time for. */
  async endSources(id: number): Promise<void> {
    const inTime = new AbortController();
    const late = this.#options.clock.sleep(endsWithinMs, inTime.signal).catch(() => undefined);
    await Promise.race([this.request({ kind: 'end', id }, null), late]);
    inTime.abort();
    this.#fail(({ sources }) => sources === id);
    this.upstreams.delete(id);
  }

  /** Adds what it has counted since the last time. */
  gather(): void {
    this.#gathering.gatherInto(this.#options.sums, this.#numbers);
  }

  /** To be called with each heartbeat: ends a worker that hangs. */
  beat(): void {
    this.#thread.beat(this.#numbers.ticks);
  }

  /** Ends the worker whatever it is doing; another follows. */
  async end(): Promise<void> {
    await this.#thread.end();
  }

  /** What is under way is answered SERVFAIL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#thread.close();
    this.tell({ kind: 'stop' });
    await this.#thread.untilEnded();
  }

  #start(): Worker {
    const { begins, module, number, heap } = this.#options;
    const data: WorkerData = { ...begins(), numbers: this.#memory };
    const worker = new Worker(module, { workerData: data, name: `worker ${number}`, resourceLimits: heap });
    worker.on('message', (word: WorkerWord) => this.#hear(word));
    return worker;
  }

  #endAll(isLost: boolean): { readonly questions: number } {
    const questions = this.#fail(() => true);
    this.#batch.length = 0;
    this.#requests.lose();
    if (isLost) this.lostQuestions += questions;
    return { questions };
  }

  #beginAnew(): void {
    // What the one before has counted up to its last tick.
    this.gather();
    this.#memory = SharedNumbers.allocate();
    this.#numbers = new SharedNumbers(this.#memory);
    this.#gathering.restart();
    this.upstreams.clear();
  }

  #hear(word: WorkerWord): void {
    switch (word.kind) {
      case 'begun':
        return;
      case 'replies':
        this.#take(word.octets);
        return;
      case 'answer':
        this.#requests.answered(word.request, word.value);
        return;
      case 'upstreams':
        this.upstreams.set(word.id, word.upstreams);
        return;
      default:
        word satisfies never;
    }
  }

  #take(octets: Uint8Array): void {
    for (const { id, spent, exhausted, reply: given } of readReplies(octets)) {
      const asked = this.#questions.get(id);
      if (!asked) continue;
      this.#questions.delete(id);
      asked.budget.charge(spent, exhausted);
      if (typeof given === 'string') asked.reply.reject(new Error(given));
      else asked.reply.resolve(given);
    }
  }

  /** With what else this turn of the event loop brings. */
  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    setImmediate(() => {
      this.#isSending = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#batch.length > 0) {
      // A copy of its own: the batch is a view of memory that others write to.
      this.#thread.post({ kind: 'questions', octets: this.#batch.written().slice() });
      this.#batch.length = 0;
    }
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    const asked = { kind: 'restore', lines: lines.map(({ line }) => line) } as const;
    void this.request<readonly boolean[]>(asked, []).then(taken => {
      for (const [index, line] of lines.entries()) line.taken(taken[index] ?? false);
    });
  }

  /** Answers SERVFAIL, and gives how many. */
  #fail(isMeant: (asked: AskedQuestion) => boolean): number {
    let failed = 0;
    for (const [id, asked] of this.#questions) {
      if (!isMeant(asked)) continue;
      this.#questions.delete(id);
      asked.reply.resolve(emptyReply(rcodes.SERVFAIL));
      failed += 1;
    }
    return failed;
  }
}
