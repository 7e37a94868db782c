/**
 * What a worker shows of itself in numbers: in shared memory, which it brings up to date at each of its ticks and which
 * outlives it. The resolver's thread adds up those of all workers whenever somebody is about to read them.
 *
 * Each number has one writer, and eight octets on a boundary of eight are written at once. A number that was counted and is
 * now less than before was begun anew, with a thread or with the sources of another configuration.
 */
import type { CacheSize } from '../cache/sieve-map.ts';
import { createCounters, type ResolverCounters } from '../counters.ts';
import { createExchangeCounters } from '../exchange/exchange-counters.ts';
import type { SourcesStatus } from '../generations/sources.ts';
import { createIteratorCounters } from '../iterator/iterator-counters.ts';
import type { RecursionNumbers } from '../iterator/recursion-numbers.ts';

/** Milliseconds between ticks: as long as between the heartbeats of the process. */
export const tickMs = 50;

export interface WorkerCounts {
  readonly counters: Pick<ResolverCounters, 'upstream' | 'exhausted' | 'rememberedFailures' | 'coalesced'>;
  readonly recursion: Omit<RecursionNumbers, 'now'>;
  readonly rrsets: Pick<CacheSize, 'evictions'>;
}

export interface WorkerNow {
  readonly questions: number;
  readonly recursion: RecursionNumbers['now'];
  readonly rrsets: Omit<CacheSize, 'evictions'>;
}

export interface WorkerNumbers {
  readonly counts: WorkerCounts;
  readonly now: WorkerNow;
}

export interface NumbersOf {
  readonly counters: ResolverCounters;
  readonly rrsets: CacheSize;
  readonly sources: Pick<SourcesStatus, 'questions' | 'recursion'>;
}

/** The same keys in the same order, whatever the parts are: they are told apart by their place in memory. */
export function workerNumbers({ counters, rrsets, sources }: NumbersOf): WorkerNumbers {
  const { upstream, exhausted, rememberedFailures, coalesced } = counters;
  const { evictions, entries, octets, maxOctets } = rrsets;
  const { exchange, iterator, flights, now } = sources.recursion;
  return {
    counts: {
      counters: { upstream, exhausted, rememberedFailures, coalesced },
      recursion: { exchange, iterator, flights },
      rrsets: { evictions },
    },
    now: { questions: sources.questions, recursion: now, rrsets: { entries, octets, maxOctets } },
  };
}

const shape = (): WorkerNumbers =>
  workerNumbers({
    counters: createCounters(),
    rrsets: { entries: 0, octets: 0, maxOctets: 0, evictions: 0 },
    sources: {
      questions: 0,
      recursion: {
        exchange: createExchangeCounters(),
        iterator: createIteratorCounters(),
        flights: { circles: 0, shed: 0 },
        now: { questions: 0, delegations: 0, serversKnown: 0 },
      },
    },
  });

/** Where ticks are counted; the numbers follow, counts before what is now. */
const ticksAt = 0;

export class SharedNumbers {
  readonly #memory: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new Float64Array(memory);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer((1 + [...valuesOf(shape())].length) * Float64Array.BYTES_PER_ELEMENT);
  }

  /** Turns of the event loop's timer: they stand still where the worker hangs. */
  get ticks(): number {
    return this.#memory[ticksAt] ?? 0;
  }

  tick(numbers: WorkerNumbers): void {
    let at = 1;
    for (const value of valuesOf(numbers)) {
      this.#memory[at] = value;
      at += 1;
    }
    this.#memory[ticksAt] = this.ticks + 1;
  }

  read(at: number): number {
    return this.#memory[1 + at] ?? 0;
  }
}

const counted = [...valuesOf(shape().counts)].length;
const all = [...valuesOf(shape())].length;

/** What has been gathered of the numbers of one worker, whichever thread that is by now. */
export class WorkerGathering {
  readonly #before = new Float64Array(counted);

  /** Another thread begins: it counts from 0. */
  restart(): void {
    this.#before.fill(0);
  }

  /** Adds what was counted since the last time. */
  gatherInto(sums: GatheredNumbers, numbers: SharedNumbers): void {
    for (let at = 0; at < counted; at += 1) {
      const now = numbers.read(at);
      const before = this.#before[at] ?? 0;
      sums.add(at, now < before ? now : now - before);
      this.#before[at] = now;
    }
  }
}

/** Of all workers: what was counted since the process began, and what there is now. */
export class GatheredNumbers {
  readonly #sums = new Float64Array(all);
  readonly #told = new Float64Array(all);

  add(at: number, amount: number): void {
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
  }

  /** What there is now is that of these; what has been counted stays. */
  setNow(workers: readonly SharedNumbers[]): void {
    for (let at = counted; at < all; at += 1)
      this.#sums[at] = workers.reduce((sum, numbers) => sum + numbers.read(at), 0);
  }

  get numbers(): WorkerNumbers {
    return shaped(shape(), this.#sums.values());
  }

  /** Adds to the resolver's own counters what they do not have yet. */
  tellNews(counters: ResolverCounters): void {
    const news = this.#sums.map((sum, at) => sum - (this.#told[at] ?? 0));
    this.#told.set(this.#sums);
    const { counts } = shaped(shape(), news.values());
    addTo(counters.upstream, counts.counters.upstream);
    addTo(counters.exhausted, counts.counters.exhausted);
    counters.rememberedFailures += counts.counters.rememberedFailures;
    counters.coalesced += counts.counters.coalesced;
  }
}

function addTo<Key extends string>(sums: Record<Key, number>, more: Readonly<Record<Key, number>>): void {
  for (const key of Object.keys(more) as Key[]) sums[key] += more[key];
}

/** All numbers in it, in the order of its keys. */
function* valuesOf(of: object): Generator<number, void> {
  for (const value of Object.values(of)) {
    if (typeof value === 'number') yield value;
    else yield* valuesOf(value);
  }
}

/** The same with these numbers in place of its own, in the order of `valuesOf`. */
function shaped<Shape extends object>(of: Shape, values: Iterator<number>): Shape {
  const fields = Object.entries(of).map(([key, value]: [string, number | object]) => [
    key,
    typeof value === 'number' ? (values.next().value ?? 0) : shaped(value, values),
  ]);
  return Object.fromEntries(fields) as Shape;
}
