/** A resolver whose cold answers are measured: how it is started, where it is asked, and how much it says it has cached. */
import type { Program } from '../universe/program.ts';

export interface Contender {
  readonly name: string;
  /** What it is and how it was set, for the head of the table. */
  readonly summary: string;
  /** Threads that ask name servers, each with a processor; with two of them the load shares both. */
  readonly workers: 1 | 2;
  /** Where it is asked, at port 53. */
  readonly address: string;
  /** Starts it with nothing cached, in a folder that is there for it alone; resolves when it answers. */
  start(folder: string): Promise<Program>;
  /** RRsets that it has cached, by its own count. */
  countRrsets(folder: string): Promise<number>;
}

/** Octets that each contender's caches may have: half for RRsets, half for answers. Nothing has to go for want of room. */
export const cacheOctets = 512 * 1024 * 1024;
