/** The bound of the resolver's memory, which follows from the configuration; `resolver/memory.ts` says how it is kept. */
import type { ResolverConfig } from '../anycast-config.ts';

/** Of what entries take (delegations have a sixteenth beside the caches), with what is not collected yet. */
const cacheFactor = 1.5;
/**
 * Octets of all else: program and compiled code, some 110 MiB; the young generation, 48; the rest for 1024 connections,
 * 25 000 who wait for answers, answers unread, names of lists, and what malloc does not give back.
 */
const programOctets = 288 * 2 ** 20;

/** Octets of a listener thread: its heap, which has a limit, and some 14 MiB beside it for its code and buffers. */
const threadOctets = 40 * 2 ** 20;

/**
 * Octets of a worker: code and compiled code, a young generation as large as the main thread's, and what it has under way.
 * What it caches is its share of the caches.
 */
const workerOctets = 112 * 2 ** 20;

export interface MemoryKeys {
  readonly cache: Pick<ResolverConfig['cache'], 'maxBytes'>;
  readonly threads: number;
  readonly workers: number;
}

/** Octets of memory that the process may have resident. */
export function memoryBound({ cache, threads, workers }: MemoryKeys): number {
  return (
    programOctets + threads * threadOctets + workers * workerOctets + Math.ceil(cache.maxBytes * cacheFactor)
  );
}
