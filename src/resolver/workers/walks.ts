/**
 * Walks through all RRsets of a worker, a piece at a time, for whoever dumps the caches on the resolver's own thread.
 *
 * Few are under way at a time: where one more begins the oldest ends, so that whoever goes away in the middle leaves nothing
 * behind for long.
 */
import { Breather } from '../../system/breather.ts';
import type { Clock } from '../../system/clock.ts';
import { formatEntry } from '../cache/dump-format.ts';
import type { RRsetCache } from '../cache/rrset-cache.ts';
import type { KeptRRset } from '../cache/rrset-entry.ts';
import type { WalkPiece } from './worker-messages.ts';

/** Twice what an operator and two peers need at once. */
const walkLimit = 6;

/** Characters of a piece. */
const pieceLength = 64 * 1024;

export class Walks {
  readonly #rrsets: RRsetCache;
  readonly #clock: Clock;
  readonly #walks = new Map<number, Iterator<KeptRRset | undefined>>();
  #last = 0;

  constructor(rrsets: RRsetCache, clock: Clock) {
    this.#rrsets = rrsets;
    this.#clock = clock;
  }

  /** The next piece of this walk, which begins with its first: numbers go up. One that was ended gives nothing more. */
  async next(walk: number): Promise<WalkPiece> {
    const kept = this.#walks.get(walk) ?? this.#begin(walk);
    const atMs = this.#clock.wallMs();
    if (!kept) return { atMs, lines: [], isLast: true, isCutOff: true };
    const breather = new Breather(this.#clock);
    const lines: string[] = [];
    for (let length = 0; length < pieceLength; ) {
      if (breather.isDue) await breather.rest();
      const step = kept.next();
      if (step.done) {
        this.end(walk);
        return { atMs, lines, isLast: true };
      }
      if (!step.value) continue;
      const line = formatEntry({ kind: 'rrset', kept: step.value }, false);
      lines.push(line);
      length += line.length;
    }
    return { atMs, lines, isLast: false };
  }

  end(walk: number): void {
    this.#walks.delete(walk);
  }

  #begin(walk: number): Iterator<KeptRRset | undefined> | undefined {
    if (walk <= this.#last) return undefined;
    this.#last = walk;
    for (const oldest of this.#walks.keys()) {
      if (this.#walks.size < walkLimit) break;
      this.#walks.delete(oldest);
    }
    const kept = this.#rrsets.kept();
    this.#walks.set(walk, kept);
    return kept;
  }
}
