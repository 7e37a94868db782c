/**
 * What the policies of the stage `names` share, and what of it lives longer than a query: counters, and the files of block
 * lists and policy zones.
 *
 * The policies stand before the cache, since what they answer may depend on the client and may change with a file; nothing
 * that they make is kept. Each is neutral when its key of `resolver.names` is empty, but for special-use names, which every
 * resolver answers itself. Names are compared as wire octets throughout, never as text: `www\.bad` is not `www.bad`.
 *
 * - `policies/dns64.ts`: AAAA records made of A records.
 * - `policies/local-records.ts`, `policies/steered.ts`: own answers (`local-zone.ts`), by PoP and client for the latter.
 * - `policies/filter.ts`: block lists and response policy zones (`filters/`).
 * - `policies/special-use.ts`: special-use names and locally served zones (`special-zones.ts`).
 * - `policies/rebinding.ts`: no private addresses from outside.
 */
import type { NamesConfig } from '../../config/resolver/names.ts';
import type { Clock } from '../../system/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { FilterFiles } from './filters/filter-files.ts';
import { createNameCounters, type NameCounters } from './name-counters.ts';

export interface Names extends AsyncDisposable {
  readonly counters: NameCounters;
  readonly filters: FilterFiles;
  /** Reads the files anew. Gives what is wrong with those that cannot be used: of them what was there before stays. */
  reload(): Promise<readonly string[]>;
}

export interface NamesParts {
  readonly config: NamesConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Those of the one before, to be gone on with. */
  readonly counters?: NameCounters | undefined;
  /** Told when a file of names was read anew and is in force. */
  readonly onReplaced?: () => void;
}

/** @throws Fault when a file cannot be used. */
export async function openNames(parts: NamesParts): Promise<Names> {
  const counters = parts.counters ?? createNameCounters();
  const filters = await FilterFiles.open({ ...parts, counters });
  return {
    counters,
    filters,
    reload: () => filters.reload(),
    [Symbol.asyncDispose]: () => filters[Symbol.asyncDispose](),
  };
}
