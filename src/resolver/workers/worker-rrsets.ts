/**
 * The RRsets of all workers, as the resolver's own thread deals with them.
 *
 * A worker learns what its questions lead to: an RRset may be with several of them, and what a question was answered from is
 * with the one of its name. What comes from a dump goes to the one of its own name, where a question for it would look.
 */
import type { Name } from '../../dns/name.ts';
import type { Clock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import type { TtlLimits } from '../cache/cacheable.ts';
import { formatEntry, parseEntry } from '../cache/dump-format.ts';
import type { KeptRRset } from '../cache/rrset-entry.ts';
import type { NameScope, RRsets } from '../cache/rrsets.ts';
import type { CacheSize } from '../cache/sieve-map.ts';
import type { RRsetRoom, WalkPiece } from './worker-messages.ts';
import type { WorkerSeat } from './worker-seat.ts';

export interface WorkerRRsetsOptions {
  readonly seats: readonly WorkerSeat[];
  readonly seatOf: (name: Name) => WorkerSeat;
  readonly clock: Clock;
  /** Of all workers together. */
  readonly size: () => CacheSize;
  readonly maxOctets: number;
  readonly limits: TtlLimits;
}

export class WorkerRRsets implements RRsets {
  readonly #options: WorkerRRsetsOptions;
  #maxOctets: number;
  #limits: TtlLimits;
  #walks = 0;

  constructor(options: WorkerRRsetsOptions) {
    this.#options = options;
    this.#maxOctets = options.maxOctets;
    this.#limits = options.limits;
  }

  get size(): CacheSize {
    return this.#options.size();
  }

  /** That of each worker. */
  get room(): RRsetRoom {
    return { maxOctets: Math.floor(this.#maxOctets / this.#options.seats.length), limits: this.#limits };
  }

  forget(name: Name, type: number, askedAs: Name): void {
    this.#options.seatOf(askedAs).tell({ kind: 'forget', name: name.slice(), type });
  }

  forgetDenials(name: Name): void {
    for (const seat of this.#options.seats) seat.tell({ kind: 'forget-denials', name: name.slice() });
  }

  restore(kept: KeptRRset): Promise<boolean> {
    const { name } = 'rrset' in kept ? kept.rrset : kept.denial;
    return this.#options.seatOf(name).restore(formatEntry({ kind: 'rrset', kept }, false));
  }

  /** One worker's after the other's. */
  async *kept(): AsyncGenerator<KeptRRset | undefined, void> {
    const { seats, clock } = this.#options;
    this.#walks += 1;
    const walk = this.#walks;
    for (const seat of seats) {
      let isOver = false;
      try {
        while (!isOver) {
          const ifLost: WalkPiece = { atMs: 0, lines: [], isLast: true };
          const piece = await seat.request<WalkPiece>({ kind: 'walk', walk }, ifLost);
          if (piece.isCutOff) throw new Fault('busy', 'too many dumps of the cache are under way');
          isOver = piece.isLast;
          for (const line of piece.lines) {
            const entry = parseEntry(line, 0);
            if (entry.kind !== 'rrset') continue;
            const { kept } = entry;
            yield { ...kept, ageS: kept.ageS + Math.ceil((clock.wallMs() - piece.atMs) / 1000) };
          }
        }
      } finally {
        if (!isOver) void seat.request({ kind: 'end-walk', walk }, null);
      }
    }
  }

  async drop(scope: NameScope): Promise<number> {
    const own = { ...scope, name: scope.name.slice() };
    const { seats } = this.#options;
    const dropped = await Promise.all(seats.map(seat => seat.request({ kind: 'drop', scope: own }, 0)));
    return dropped.reduce((sum, each) => sum + each, 0);
  }

  clear(): void {
    for (const seat of this.#options.seats) seat.tell({ kind: 'clear' });
  }

  limitTtls(limits: TtlLimits): void {
    this.#limits = limits;
    this.#changeRoom();
  }

  resize(maxOctets: number): void {
    this.#maxOctets = maxOctets;
    this.#changeRoom();
  }

  #changeRoom(): void {
    for (const seat of this.#options.seats) seat.tell({ kind: 'room', room: this.room });
  }
}
