/**
 * What is in the caches, as a whole: dumped, loaded and flushed, in short pieces between which queries are answered.
 *
 * What a dump holds of a forward zone is told by the zone, and goes to the same forward zone's answers only; what recursion
 * found goes to names that are not forwarded. So a file, or a peer with other forward zones, cannot mix the two.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Question } from '../../dns/message.ts';
import { equalNames, type Name, parseName, rootName } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { Breather } from '../../system/breather.ts';
import type { Clock } from '../../system/clock.ts';
import { forwardZones } from '../upstreams/forward-zones.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { CacheActivity } from './cache-activity.ts';
import { type DumpEntry, type DumpHeader, formatEnd, formatEntry, formatHeader } from './dump-format.ts';
import { isWithin, type NameScope, type RRsets } from './rrsets.ts';

export interface CacheContentsOptions {
  /** Of the configuration in force when asked. */
  readonly slice: PopSlice;
  readonly answers: AnswerCache;
  readonly rrsets: RRsets;
  readonly activity: CacheActivity;
  readonly clock: Clock;
  /** All was flushed: what else was learnt of zones should be forgotten too. */
  readonly onCleared?: () => void;
  /** Something was flushed: who holds copies of answers must give them up. */
  readonly onFlushed?: () => void;
}

/** What is dropped: all, one name, or a name and all below it. */
export type FlushScope = { readonly kind: 'all' } | NameScope;

export interface LoadCounts {
  loaded: number;
  /** Their time was over. */
  expired: number;
  /** Of a forward zone that is none here, or the other way round. */
  elsewhere: number;
  /** Not taken: there is as good or better here, or it is too large. */
  known: number;
}

type ZoneLookup = (question: Question) => { readonly name: Name } | undefined;

/** Characters of a piece of a dump. */
const pieceLength = 64 * 1024;

export class CacheContents {
  readonly #options: CacheContentsOptions;
  #zones: { readonly of: ZoneLookup; readonly forward: unknown } | undefined;

  constructor(options: CacheContentsOptions) {
    this.#options = options;
  }

  /** The text of a dump, in pieces of whole lines. */
  async *dump({ isReadable }: { readonly isReadable: boolean }): AsyncGenerator<string, void> {
    const { slice, clock } = this.#options;
    const breather = new Breather(clock);
    const atMs = clock.wallMs();
    let piece = `${formatHeader({ pop: slice.name, atMs })}\n`;
    let entries = 0;
    for await (const entry of this.#entries(atMs)) {
      if (breather.isDue) await breather.rest();
      if (!entry) continue;
      piece += `${formatEntry(entry, isReadable)}\n`;
      entries += 1;
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = '';
    }
    yield `${piece}${formatEnd(entries)}\n`;
  }

  /** Takes one entry of a dump, and counts what became of it: at once, or when the promise that it gives resolves. */
  load({ atMs }: DumpHeader, entry: DumpEntry, counts: LoadCounts): Promise<void> | undefined {
    const { answers, rrsets, clock } = this.#options;
    const nowMs = clock.wallMs();
    // A dump from the future is as old as its entries say, no less.
    const sinceMs = Math.max(0, nowMs - atMs);
    if (entry.kind === 'answer') {
      const { answer, zone } = entry;
      const ageMs = answer.ageMs + sinceMs;
      const own = this.#zoneOf(answer.question)?.name;
      const isHere = own === undefined || zone === undefined ? own === zone : equalNames(own, zone);
      if (!isHere) counts.elsewhere += 1;
      else if (ageMs >= answer.ttlSeconds * 1000) counts.expired += 1;
      else this.#count(answers.restore({ ...answer, ageMs }, nowMs), counts);
    } else {
      const { kept } = entry;
      const ageS = kept.ageS + Math.ceil(sinceMs / 1000);
      const { name, type, ttl } = 'rrset' in kept ? kept.rrset : kept.denial;
      const isForwarded = this.#zoneOf({ name, type: type ?? 0, class: recordClasses.IN }) !== undefined;
      if (isForwarded) counts.elsewhere += 1;
      else if (ageS >= ttl) counts.expired += 1;
      else {
        const isTaken = rrsets.restore({ ...kept, ageS });
        if (isTaken instanceof Promise) return isTaken.then(said => this.#count(said, counts));
        this.#count(isTaken, counts);
      }
    }
    return undefined;
  }

  #count(isTaken: boolean, counts: LoadCounts): void {
    if (!isTaken) {
      counts.known += 1;
      return;
    }
    counts.loaded += 1;
    this.#options.activity.loaded += 1;
  }

  /** Gives the number of entries dropped. What was there when it was called is gone when it resolves. */
  async flush(scope: FlushScope): Promise<number> {
    const { rrsets, activity } = this.#options;
    const dropped = scope.kind === 'all' ? this.#clear() : await this.#drop(scope);
    this.#options.onFlushed?.();
    activity.flushed += dropped;
    // An NXDOMAIN above the name denies it, and what is below it.
    if (scope.kind !== 'all') rrsets.forgetDenials(scope.name);
    return dropped;
  }

  #clear(): number {
    const { answers, rrsets } = this.#options;
    const entries = answers.size.entries + rrsets.size.entries;
    answers.clear();
    rrsets.clear();
    this.#options.onCleared?.();
    return entries;
  }

  async #drop(scope: NameScope): Promise<number> {
    const { answers, rrsets, clock } = this.#options;
    const walk = answers.drop(at => isWithin(scope, at));
    return (await walked(walk, clock)) + (await walked(rrsets.drop(scope), clock));
  }

  /** The forward zone that holds the question, in the configuration in force. */
  #zoneOf(question: Question): { readonly name: Name } | undefined {
    const { forward } = this.#options.slice.config.resolver;
    if (this.#zones?.forward !== forward) {
      const named = forward.map(({ zone }) => ({ name: parseName(zone) ?? rootName }));
      this.#zones = { forward, of: forwardZones(named) };
    }
    return this.#zones.of(question);
  }

  async *#entries(atMs: number): AsyncGenerator<DumpEntry | undefined, void> {
    const { answers, rrsets, clock } = this.#options;
    for (const answer of answers.kept(clock)) {
      // Ages are told as of the header's time; what came later is as new as can be.
      yield answer && {
        kind: 'answer',
        zone: this.#zoneOf(answer.question)?.name,
        answer: { ...answer, ageMs: Math.max(0, answer.ageMs - (clock.wallMs() - atMs)) },
      };
    }
    for await (const kept of rrsets.kept()) {
      const passedS = Math.floor((clock.wallMs() - atMs) / 1000);
      yield kept && { kind: 'rrset', kept: { ...kept, ageS: Math.max(0, kept.ageS - passedS) } };
    }
  }
}

/** Goes through with a walk, in short pieces, and gives its result. */
export async function walked<Result>(
  walk: Generator<undefined, Result> | Promise<Result>,
  clock: Clock,
): Promise<Result> {
  if (walk instanceof Promise) return await walk;
  const breather = new Breather(clock);
  for (let step = walk.next(); ; step = walk.next()) {
    if (step.done) return step.value;
    if (breather.isDue) await breather.rest();
  }
}

export function noCounts(): LoadCounts {
  return { loaded: 0, expired: 0, elsewhere: 0, known: 0 };
}
