/**
 * What a thread counts: in memory of its own, so that counting costs no more than an addition, gathered into the resolver's
 * own counters whenever somebody is about to read those.
 */
import type { ClientCounters } from '../clients/client-counters.ts';
import type { ResolverCounters } from '../counters.ts';
import { Traffic, trafficNumbers } from '../traffic.ts';

/** Where the numbers lie that are not `Traffic`'s. */
export const countedAt = {
  clientQueries: trafficNumbers,
  hit: trafficNumbers + 1,
  negative: trafficNumbers + 2,
  absent: trafficNumbers + 3,
  fresh: trafficNumbers + 4,
  good: trafficNumbers + 5,
  bad: trafficNumbers + 6,
  dropped: trafficNumbers + 7,
  truncated: trafficNumbers + 8,
  badCookie: trafficNumbers + 9,
} as const;

const numbers = trafficNumbers + Object.keys(countedAt).length;

export function createCounterMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(numbers * Float64Array.BYTES_PER_ELEMENT);
}

/** The thread's side. */
export class ThreadCounters {
  readonly traffic: Traffic;
  readonly #numbers: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Float64Array(memory);
    this.traffic = new Traffic(this.#numbers.subarray(0, trafficNumbers));
  }

  /** `at` is one of `countedAt`. */
  count(at: number): void {
    this.#numbers[at] = (this.#numbers[at] ?? 0) + 1;
  }
}

/** The resolver's side: what has been gathered of one thread's numbers. */
export class GatheredCounters {
  readonly #numbers: Float64Array;
  readonly #gathered = new Float64Array(numbers);
  readonly #news = new Float64Array(numbers);

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Float64Array(memory);
  }

  /** Queries answered from the table, as far as gathered. */
  get answered(): number {
    return (this.#gathered[countedAt.hit] ?? 0) + (this.#gathered[countedAt.negative] ?? 0);
  }

  /** Client queries that have not been gathered yet. */
  get moreClientQueries(): number {
    const at = countedAt.clientQueries;
    return (this.#numbers[at] ?? 0) - (this.#gathered[at] ?? 0);
  }

  /** Adds what has been counted since the last time. A number counted meanwhile is there the next time. */
  gatherInto(counters: ResolverCounters, clients: ClientCounters): void {
    const news = this.#news;
    for (let at = 0; at < numbers; at += 1) {
      const now = this.#numbers[at] ?? 0;
      news[at] = now - (this.#gathered[at] ?? 0);
      this.#gathered[at] = now;
    }
    counters.traffic.add(news);
    const of = (at: number): number => news[at] ?? 0;
    counters.clientQueries += of(countedAt.clientQueries);
    counters.cache.hit += of(countedAt.hit);
    counters.cache.negative += of(countedAt.negative);
    const { cookies, limited } = clients;
    for (const status of ['absent', 'fresh', 'good', 'bad'] as const)
      cookies[status] += of(countedAt[status]);
    for (const outcome of ['dropped', 'truncated', 'badCookie'] as const)
      limited[outcome] += of(countedAt[outcome]);
  }
}
