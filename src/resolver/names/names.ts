/**
 * What the policies of the stage `names` share and what of it lives longer than a query: counters, and the files of block
 * lists and policy zones.
 *
 * The policies, in the order of `pipeline.ts`, each neutral when its key of `resolver.names` is empty, but for special-use
 * names, which every resolver answers itself.
 */
import type { NamesConfig } from '../../config/resolver/names.ts';
import type { Clock } from '../../system/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { createNameCounters, type NameCounters } from './name-counters.ts';

export interface Names extends AsyncDisposable {
  readonly counters: NameCounters;
}

export interface NamesParts {
  readonly config: NamesConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws Fault when a file cannot be used. */
export async function openNames(_parts: NamesParts): Promise<Names> {
  return { counters: createNameCounters(), async [Symbol.asyncDispose]() {} };
}
