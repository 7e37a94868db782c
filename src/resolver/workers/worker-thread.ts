/**
 * A worker: forward zones and recursion on a thread of its own, with its share of the RRsets and of all limits.
 *
 * The same parts as on the resolver's own thread (`generations/own-sources.ts`) do the same work; here is only what brings
 * them their questions and takes their replies. The file is the thread's entry, and does nothing where it is merely imported.
 */
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { rcodes } from '../../dns/rcode.ts';
import type { Clock } from '../../system/clock.ts';
import { systemClock } from '../../system/clock.ts';
import { describeError, Fault } from '../../system/fault.ts';
import { walked } from '../cache/cache-contents.ts';
import { parseEntry } from '../cache/dump-format.ts';
import { PlainWriter } from '../cache/record-wire.ts';
import { RRsetCache } from '../cache/rrset-cache.ts';
import { createCounters } from '../counters.ts';
import { type OwnSources, OwnSourcesOpener } from '../generations/own-sources.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { WorkBudget } from '../work-budget.ts';
import { type AskedQuestion, readQuestions } from './question-batch.ts';
import { writeReply } from './reply-batch.ts';
import { Walks } from './walks.ts';
import type { Asked, SourcesOrder, WorkerData, WorkerMessage, WorkerWord } from './worker-messages.ts';
import { SharedNumbers, tickMs, workerNumbers } from './worker-numbers.ts';

interface Opened {
  readonly sources: OwnSources;
  underWay: number;
  /** Once it is ending: resolves when nothing is under way. */
  idle: PromiseWithResolvers<void> | undefined;
}

export class WorkerThread {
  readonly #port: MessagePort;
  readonly #clock: Clock;
  readonly #numbers: SharedNumbers;
  readonly #counters = createCounters();
  readonly #rrsets: RRsetCache;
  readonly #opener: (order: SourcesOrder) => OwnSourcesOpener;
  readonly #opened = new Map<number, Opened>();
  readonly #walks: Walks;
  readonly #batch = new PlainWriter();
  #ticking: NodeJS.Timeout | undefined;
  #latest: { readonly id: number; readonly sources: OwnSources } | undefined;
  #toldUpstreams = '';
  #isSending = false;

  constructor({ numbers, workers: threads, upstreamPort, rrsets, sources }: WorkerData, port: MessagePort) {
    const clock = systemClock;
    this.#port = port;
    this.#clock = clock;
    this.#numbers = new SharedNumbers(numbers);
    this.#rrsets = new RRsetCache({ ...rrsets, clock });
    this.#walks = new Walks(this.#rrsets, clock);
    const parts = { clock, rrsets: this.#rrsets, counters: this.#counters, upstreamPort, threads };
    this.#opener = ({ texts }) => new OwnSourcesOpener({ ...parts, readText: path => textOf(texts, path) });
    for (const order of sources) this.#open(order);
  }

  /** Goes on until it is told to stop. */
  begin(): void {
    this.#ticking = setInterval(() => this.#tick(), tickMs);
    this.#port.on('message', (message: WorkerMessage) => this.#hear(message));
    this.#tell({ kind: 'begun' });
  }

  #hear(message: WorkerMessage): void {
    switch (message.kind) {
      case 'questions':
        for (const asked of readQuestions(message.octets, this.#clock.monotonicMs())) this.#resolve(asked);
        return;
      case 'open':
        this.#open(message.order);
        return;
      case 'part':
        this.#opened.get(message.id)?.sources.part(message.limits);
        return;
      case 'clear-sources':
        this.#opened.get(message.id)?.sources.clear();
        return;
      case 'forget':
        this.#rrsets.forget(message.name, message.type);
        return;
      case 'forget-denials':
        this.#rrsets.forgetDenials(message.name);
        return;
      case 'clear':
        this.#rrsets.clear();
        return;
      case 'room':
        this.#rrsets.limitTtls(message.room.limits);
        this.#rrsets.resize(message.room.maxOctets);
        return;
      case 'request':
        void this.#answer(message.request, message.asked);
        return;
      case 'stop':
        clearInterval(this.#ticking);
        this.#send();
        this.#port.close();
        return;
      default:
        message satisfies never;
    }
  }

  #open(order: SourcesOrder): void {
    const sources = this.#opener(order).open(order.slice, this.#latest?.sources);
    this.#opened.set(order.id, { sources, underWay: 0, idle: undefined });
    this.#latest = { id: order.id, sources };
  }

  #resolve({ id, sources: of, question, flags, limits, exhausted }: AskedQuestion): void {
    const opened = this.#opened.get(of);
    const budget = new WorkBudget(limits, this.#clock);
    budget.charge(nothing, exhausted);
    const give = (reply: Reply | string): void => {
      const { exhausted: now } = budget;
      const spent = {
        packets: budget.spent('packets'),
        bytes: budget.spent('bytes'),
        nameBytes: budget.spent('nameBytes'),
      };
      writeReply(this.#batch, { id, spent, exhausted: now, reply });
      this.#sendSoon();
      if (!opened) return;
      opened.underWay -= 1;
      if (opened.underWay === 0) opened.idle?.resolve();
    };
    if (!opened) {
      give(emptyReply(rcodes.SERVFAIL));
      return;
    }
    opened.underWay += 1;
    try {
      const outcome = opened.sources.resolve(question, flags, budget);
      if (!(outcome instanceof Promise)) give(outcome);
      else void outcome.then(give, error => give(describeError(error)));
    } catch (error) {
      give(describeError(error));
    }
  }

  async #answer(request: number, asked: Asked): Promise<void> {
    const value = await this.#do(asked);
    // What was asked for before is told before.
    this.#send();
    this.#tell({ kind: 'answer', request, value });
  }

  async #do(asked: Asked): Promise<unknown> {
    switch (asked.kind) {
      case 'end':
        await this.#end(asked.id);
        return null;
      case 'restore':
        return asked.lines.map(line => this.#restore(line));
      case 'drop':
        return await walked(this.#rrsets.drop(asked.scope), this.#clock);
      case 'walk':
        return await this.#walks.next(asked.walk);
      case 'end-walk':
        this.#walks.end(asked.walk);
        return null;
      default:
        return asked satisfies never;
    }
  }

  async #end(id: number): Promise<void> {
    const opened = this.#opened.get(id);
    if (!opened) return;
    await opened.sources[Symbol.asyncDispose]();
    if (opened.underWay > 0) {
      opened.idle = Promise.withResolvers();
      await opened.idle.promise;
    }
    this.#opened.delete(id);
  }

  #restore(line: string): boolean {
    const entry = parseEntry(line, 0);
    return entry.kind === 'rrset' && this.#rrsets.restore(entry.kept);
  }

  #tick(): void {
    const sources = this.#latest?.sources;
    if (!sources) return;
    const { status } = sources;
    this.#numbers.tick(
      workerNumbers({ counters: this.#counters, rrsets: this.#rrsets.size, sources: status }),
    );
    const { upstreams } = status;
    const told = JSON.stringify(upstreams);
    if (told === this.#toldUpstreams || !this.#latest) return;
    this.#toldUpstreams = told;
    this.#tell({ kind: 'upstreams', id: this.#latest.id, upstreams });
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
    if (this.#batch.length === 0) return;
    this.#tell({ kind: 'replies', octets: this.#batch.written().slice() });
    this.#batch.length = 0;
  }

  #tell(word: WorkerWord): void {
    this.#port.postMessage(word);
  }
}

const nothing = { packets: 0, bytes: 0, nameBytes: 0 };

function textOf(texts: ReadonlyMap<string, string>, path: string): string {
  const text = texts.get(path);
  if (text === undefined) throw new Fault('config-invalid', `${path} was not read`);
  return text;
}

if (!isMainThread && parentPort) new WorkerThread(workerData, parentPort).begin();
