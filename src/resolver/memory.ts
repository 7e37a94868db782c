/**
 * The memory of the resolver's process: the bound that follows from the configuration, and how V8 is kept within it.
 *
 * What clients and name servers can make grow is bounded where it grows: caches by `cache.maxBytes`, connections, answers
 * that are not read, questions under way and who waits for them by their caps. What is left is V8's own. It collects when
 * the heap has grown by a factor since it last did, and that may be four; so it is told a smaller one, which it reads at
 * each collection and which can end nothing. Its young generation, three times a semi-space, is 96 MiB and always full on a
 * busy resolver: the launcher starts it with half as much, which cannot be changed later. So small a one is collected by
 * one thread, in some 3 ms: to spread the work over helpers costs a tenth of the processor time of a query that needs
 * recursion, which is other threads' to use.
 *
 * The limit of the heap is another thing: at it V8 ends the process. So it is never lowered, and where V8's own, which
 * follows from the machine's memory, is less than the configuration may need, the process is started with a higher one. A
 * listener thread, or a worker, has a heap of its own with a limit of its own: what ends at that is the thread, and another
 * follows.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import type { ResolverConfig } from '../config/anycast-config.ts';
import { Fault } from '../system/fault.ts';
import type { Told } from './told.ts';

type CacheKeys = Pick<ResolverConfig['cache'], 'maxBytes'>;

const mebi = 2 ** 20;

/** Per cent that the heap may grow by from one collection to the next. */
const growthPercent = 50;

/**
 * Mebibytes of a listener thread's heap (`resourceLimits` of node:worker_threads), at which it is ended and another follows.
 * Loading its code takes some 8, and after that it allocates next to nothing.
 */
export const threadHeap = { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 20 } as const;

/**
 * Mebibytes of a worker's heap: a young generation as large as the resolver's own thread has (the launcher's three
 * semi-spaces of 16), and more than its share of RRsets and delegations can come to, with what it has under way.
 */
export function workerHeap({ maxBytes }: CacheKeys, workers: number): ThreadHeap {
  const share = (2 * maxBytes) / workers / mebi;
  return { maxYoungGenerationSizeMb: 48, maxOldGenerationSizeMb: Math.ceil(256 + share) };
}

export interface ThreadHeap {
  readonly maxYoungGenerationSizeMb: number;
  readonly maxOldGenerationSizeMb: number;
}

/** Octets of heap at which V8 may give up: more than can be reached while all caps hold. */
export function heapLimit({ maxBytes }: CacheKeys): number {
  return 512 * mebi + 2 * maxBytes;
}

/** Has V8 collect soon enough for the bound to hold. Called before much is on the heap. */
export function tendHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}

/** Whether the heap may grow to what this configuration may need of it. */
export function hasHeapFor(cache: CacheKeys): boolean {
  return getHeapStatistics().heap_size_limit >= heapLimit(cache);
}

/** @throws Fault `refused` where the process would have to be started anew. */
export function requireHeapFor(cache: CacheKeys): void {
  if (hasHeapFor(cache)) return;
  throw new Fault('refused', `cache.maxBytes of ${cache.maxBytes} is more than this process has a heap for`, {
    hint: 'the heap of a process is set at its start: restart the resolver',
  });
}

export function memoryTold(bound: () => number): Told[] {
  return [
    {
      kind: 'gauge',
      name: 'anycast_resolver_memory_bytes',
      help: 'Memory of the process: resident; of that, heap in use and octets beside the heap',
      labels: ['part'],
      read: () => {
        const { rss, heapUsed, external } = process.memoryUsage();
        return [
          ['resident', rss],
          ['heap', heapUsed],
          ['external', external],
        ];
      },
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_memory_bound_bytes',
      help: 'What the process may have resident: follows from cache.maxBytes, threads and workers',
      read: bound,
    },
  ];
}
