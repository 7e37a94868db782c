/**
 * What the resolver's thread and a worker tell each other. Messages arrive in the order in which they were sent: what is
 * forgotten is not found by a question that was sent after.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Name } from '../../dns/name.ts';
import type { TtlLimits } from '../cache/cacheable.ts';
import type { NameScope } from '../cache/rrsets.ts';
import type { UpstreamStatus } from '../upstreams/upstream.ts';

/** What a worker begins with. */
export interface WorkerData {
  /** `worker-numbers.ts`. */
  readonly numbers: SharedArrayBuffer;
  /** How many there are. */
  readonly workers: number;
  readonly upstreamPort: number;
  readonly rrsets: RRsetRoom;
  /** In the order in which they were opened. */
  readonly sources: readonly SourcesOrder[];
}

/** Of one worker. */
export interface RRsetRoom {
  readonly maxOctets: number;
  readonly limits: TtlLimits;
}

/** Sources that a worker is to have. What they have in common with those opened before them lives on in them. */
export interface SourcesOrder {
  /** No others of the process have had it. */
  readonly id: number;
  readonly slice: PopSlice;
  /** The files that the configuration names, as they were when it was taken over, by path. */
  readonly texts: ReadonlyMap<string, string>;
}

export type WorkerMessage =
  /** `question-batch.ts`. */
  | { readonly kind: 'questions'; readonly octets: Uint8Array }
  | { readonly kind: 'open'; readonly order: SourcesOrder }
  | { readonly kind: 'part'; readonly id: number; readonly limits: TtlLimits }
  | { readonly kind: 'clear-sources'; readonly id: number }
  | { readonly kind: 'forget'; readonly name: Name; readonly type: number }
  | { readonly kind: 'forget-denials'; readonly name: Name }
  | { readonly kind: 'clear' }
  | { readonly kind: 'room'; readonly room: RRsetRoom }
  | { readonly kind: 'request'; readonly request: number; readonly asked: Asked }
  | { readonly kind: 'stop' };

/** What a worker is asked for besides questions, and answers when it has done it. */
export type Asked =
  /** What is under way in these sources ends. Answered when the last of it was: with null. */
  | { readonly kind: 'end'; readonly id: number }
  /** Lines of a dump (`dump-format.ts`). Answered with whether each was taken. */
  | { readonly kind: 'restore'; readonly lines: readonly string[] }
  /** Answered with the number of entries dropped. */
  | { readonly kind: 'drop'; readonly scope: NameScope }
  /** The next lines of a walk through all RRsets, which begins when it is first asked for. Answered with `WalkPiece`. */
  | { readonly kind: 'walk'; readonly walk: number }
  /** No more of it is wanted. Answered with null. */
  | { readonly kind: 'end-walk'; readonly walk: number };

export interface WalkPiece {
  /** The wall clock when these were read, milliseconds: their ages are of then. */
  readonly atMs: number;
  readonly lines: readonly string[];
  readonly isLast: boolean;
  /** Others have begun meanwhile: it was ended, and what is missing is lost. */
  readonly isCutOff?: boolean;
}

export type WorkerWord =
  | { readonly kind: 'begun' }
  /** `reply-batch.ts`. */
  | { readonly kind: 'replies'; readonly octets: Uint8Array }
  | { readonly kind: 'answer'; readonly request: number; readonly value: unknown }
  /** Of these sources, where it differs from what was told last. */
  | { readonly kind: 'upstreams'; readonly id: number; readonly upstreams: readonly UpstreamStatus[] };
