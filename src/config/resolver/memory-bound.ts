/** The bound of the resolver's memory, which follows from the configuration; `resolver/memory.ts` says how it is kept. */
import type { ResolverConfig } from '../anycast-config.ts';

/** Of what entries take (delegations have a sixteenth beside the caches), with what is not collected yet. */
const cacheFactor = 1.5;
/**
 * Octets of all else: program and compiled code, some 110 MiB; the young generation, 48; the rest for 1024 connections,
 * 25 000 who wait for answers, answers unread, names of lists, and what malloc does not give back.
 */
const programOctets = 288 * 2 ** 20;

/** Octets of memory that the process may have resident. */
export function memoryBound({ maxBytes }: Pick<ResolverConfig['cache'], 'maxBytes'>): number {
  return programOctets + Math.ceil(maxBytes * cacheFactor);
}
