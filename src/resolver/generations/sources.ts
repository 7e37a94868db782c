/**
 * Where the answers of a generation come from: forward zones and recursion, as its configuration has them.
 *
 * A generation opens its sources and ends them; what they have in common with those before lives on in the new ones. They
 * are asked on the resolver's own thread (`own-sources.ts`), or in workers (`workers/`); nobody else needs to know which.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { TtlLimits } from '../cache/cacheable.ts';
import type { RRsets } from '../cache/rrsets.ts';
import type { RecursionNumbers } from '../iterator/recursion-numbers.ts';
import type { Resolution } from '../resolution.ts';
import type { UpstreamStatus } from '../upstreams/upstream.ts';

export interface SourcesStatus {
  /** Questions that upstreams are being asked. */
  readonly questions: number;
  readonly upstreams: readonly UpstreamStatus[];
  readonly recursion: RecursionNumbers;
}

/** Ended, they answer what is under way: SERVFAIL. */
export interface Sources extends Resolution, AsyncDisposable {
  readonly status: SourcesStatus;
  /** What was learnt of zones and of failures is forgotten. */
  clear(): void;
  /** What recursion learns from now on is for its last look-ups alone, and kept nowhere else. */
  part(limits: TtlLimits): void;
}

/** What makes sources: one in a process. */
export interface SourcesOpener {
  /** What all recursion it opened has learnt. */
  readonly rrsets: RRsets;
  /**
   * `before`: those of the generation before, which go on until they are ended.
   * @throws Fault of what cannot be made of this configuration; nothing is left of it then, and `before` is as it was.
   */
  open(slice: PopSlice, before: Sources | undefined): Sources;
}
