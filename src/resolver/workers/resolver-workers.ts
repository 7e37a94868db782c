/**
 * Workers: forward zones and recursion on threads of their own, so that questions that no cache has are answered by as many
 * processors as there are.
 *
 * All before and behind stays on the resolver's own thread: listeners, pipeline, answers. A question that reaches the end of
 * the pipeline goes to the worker of its name (`name-hash.ts`), what one turn of the event loop brings in one message, and
 * its reply comes back in the same way. So a question is always with the same worker, and is joined there with the same that
 * is under way, as it would be on one thread. A worker has forward zones and recursion both: an alias from one into the
 * other is followed where it is. RRsets, delegations and what is known of servers are each worker's own: what the names of
 * several lead to is learnt several times, which costs memory and some questions to servers, and no locks.
 *
 * What always holds: limits hold for the process, each worker has its share, rounded up; of a client query's budget a
 * question takes along what is left, and what was spent comes back with the reply; questions under way are bounded, more are
 * answered SERVFAIL at once; what a worker is told takes effect before whatever is asked after it. A reload opens new
 * sources in each worker, which take over from those before what has not changed, and ends those when their last question
 * is answered. A worker that is lost takes its share of what was learnt with it, and nothing else.
 *
 * Not here: what is counted against a query that others of its budget spend while it is under way; messages that are sent
 * for it after its reply (late answers, probes) are paid for by nobody. Our own queries are told to nobody (dnstap).
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Clock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import type { Log } from '../../telemetry/log.ts';
import { cacheShares } from '../cache/cache-shares.ts';
import { ttlLimits } from '../cache/cacheable.ts';
import type { ResolverCounters } from '../counters.ts';
import type { Sources, SourcesOpener } from '../generations/sources.ts';
import { readHints, rootHintsOf } from '../iterator/root-hints.ts';
import { workerHeap } from '../memory.ts';
import { forwardZonesOf } from '../upstreams/upstreams-of.ts';
import { NameHash } from './name-hash.ts';
import type { SourcesOrder } from './worker-messages.ts';
import { GatheredNumbers, type WorkerNumbers } from './worker-numbers.ts';
import { WorkerRRsets } from './worker-rrsets.ts';
import { WorkerSeat } from './worker-seat.ts';
import { WorkerSources } from './worker-sources.ts';

export interface ResolverWorkersOptions {
  /** Its `workers` is how many, for good. */
  readonly slice: PopSlice;
  readonly upstreamPort: number;
  readonly counters: ResolverCounters;
  readonly clock: Clock;
  readonly log: Log;
  /** What a worker runs; `worker-thread.ts` unless told. */
  readonly module?: URL;
  /** Questions under way, of all workers; `defaultQuestionLimit` unless told. */
  readonly questionLimit?: number;
}

/**
 * Questions under way, of all workers: as many as may be waited for there, 25 000 of forward zones, and of recursion 5000 and
 * the 20 000 that have joined them.
 */
const defaultQuestionLimit = 50_000;

export class ResolverWorkers implements SourcesOpener, AsyncDisposable {
  readonly rrsets: WorkerRRsets;
  /** By number. */
  readonly seats: readonly WorkerSeat[];
  readonly #options: ResolverWorkersOptions;
  readonly #sums = new GatheredNumbers();
  readonly #hash = new NameHash([randomInt(2 ** 32), randomInt(2 ** 32)]);
  /** By id, in the order in which they were opened. */
  readonly #orders = new Map<number, SourcesOrder>();
  #lastId = 0;

  private constructor(options: ResolverWorkersOptions) {
    this.#options = options;
    const { slice, counters, clock, log, upstreamPort, module } = options;
    const { questionLimit = defaultQuestionLimit } = options;
    const { workers, cache } = slice.config.resolver;
    this.seats = Array.from(
      { length: workers },
      (_, number) =>
        new WorkerSeat({
          number,
          module: module ?? new URL('./worker-thread.ts', import.meta.url),
          heap: workerHeap(cache, workers),
          begins: () => ({
            workers,
            upstreamPort,
            rrsets: this.rrsets.room,
            sources: [...this.#orders.values()],
          }),
          room: Math.ceil(questionLimit / workers),
          clock,
          log,
          sums: this.#sums,
          onShed: () => {
            counters.upstream.shed += 1;
          },
        }),
    );
    this.rrsets = new WorkerRRsets({
      seats: this.seats,
      seatOf: name => this.#seatOf(name),
      clock,
      size: () => {
        const { counts, now } = this.#numbers;
        return { ...now.rrsets, ...counts.rrsets };
      },
      maxOctets: cacheShares(cache).rrsets,
      limits: ttlLimits(cache),
    });
  }

  /** Starts them. @throws What keeps one from beginning. */
  static async start(options: ResolverWorkersOptions): Promise<ResolverWorkers> {
    const workers = new ResolverWorkers(options);
    await using parts = new AsyncDisposableStack();
    parts.use(workers);
    await Promise.all(workers.seats.map(seat => seat.open()));
    parts.move();
    return workers;
  }

  open(slice: PopSlice, _before: Sources | undefined): WorkerSources {
    const { resolver } = slice.config;
    this.#requireHeap(slice);
    if (resolver.dnstap?.resolver)
      throw new Fault('refused', 'dnstap.resolver: our own queries are not told of where workers ask them', {
        hint: 'leave it out, or restart the resolver with resolver.workers: 0',
      });
    // Read here, once: what refuses a configuration does so before a worker hears of it.
    const texts = new Map<string, string>();
    const reading =
      (read: (path: string) => string) =>
      (path: string): string => {
        const text = read(path);
        texts.set(path, text);
        return text;
      };
    rootHintsOf(resolver.recursion, reading(readHints));
    const zones = forwardZonesOf(
      slice,
      reading(path => readFileSync(path, 'utf8')),
    );
    this.#lastId += 1;
    const order = { id: this.#lastId, slice, texts };
    this.#orders.set(order.id, order);
    for (const seat of this.seats) seat.tell({ kind: 'open', order });
    const upstreams = new Set(zones.flatMap(zone => zone.upstreams));
    return new WorkerSources({
      id: order.id,
      seats: this.seats,
      seatOf: ({ name }) => this.#seatOf(name),
      numbers: () => this.#numbers,
      upstreams: [...upstreams].map(({ status }) => status),
      onEnded: () => this.#orders.delete(order.id),
    });
  }

  /** Brings the resolver's counters up to date with what workers have counted up to their last tick. */
  gather(): void {
    for (const seat of this.seats) seat.gather();
    this.#sums.tellNews(this.#options.counters);
  }

  /** To be called with each heartbeat: workers that hang are ended, and others take their seats. */
  beat(): void {
    this.gather();
    for (const seat of this.seats) seat.beat();
  }

  /** What is under way is answered SERVFAIL. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.seats.map(seat => seat[Symbol.asyncDispose]()));
  }

  get #numbers(): WorkerNumbers {
    for (const seat of this.seats) seat.gather();
    this.#sums.setNow(this.seats.map(({ numbers }) => numbers));
    return this.#sums.numbers;
  }

  #seatOf(name: Uint8Array): WorkerSeat {
    const seat = this.seats[this.#hash.place(name, this.seats.length)];
    if (!seat) throw new RangeError('no worker of that number');
    return seat;
  }

  /** @throws Fault `refused` where workers would have to be started anew. */
  #requireHeap({ config }: PopSlice): void {
    const workers = this.seats.length;
    const { cache: started } = this.#options.slice.config.resolver;
    const needed = workerHeap(config.resolver.cache, workers).maxOldGenerationSizeMb;
    if (needed <= workerHeap(started, workers).maxOldGenerationSizeMb) return;
    const { maxBytes } = config.resolver.cache;
    throw new Fault('refused', `cache.maxBytes of ${maxBytes} is more than the workers have a heap for`, {
      hint: 'the heap of a worker is set at its start: restart the resolver',
    });
  }
}
