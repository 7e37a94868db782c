/**
 * The contract of a contender: a health checker that decides what one PoP of the lab announces, and that can be measured.
 *
 * A round calls `takeOver` once, before any client asks; it returns when the contender has made the service out to be up.
 * Then one fault happens, `downAt` is asked once, the fault is healed, and the tenure is disposed of: the kit's own agent and
 * sidecar run again afterwards, also when the round failed half-way. Resolver, service addresses, neighbours and AS numbers
 * are those of the configuration, whoever decides.
 */
import type { AnycastConfig } from '../../../src/config/anycast-config.ts';
import type { Lab } from '../../../src/lab/lab-runtime.ts';
import type { Clock } from '../../../src/system/clock.ts';

export interface Contender {
  /** Its key in tables and JSON. */
  readonly name: string;
  /** Its settings, in one line. */
  readonly summary: string;
  takeOver(site: Site): Promise<Tenure>;
}

/** Where the rounds are played. */
export interface Site {
  readonly lab: Lab;
  readonly config: AnycastConfig;
  /** The PoP that every fault happens to. */
  readonly pop: string;
  /** Queries per second of each client, both families together. */
  readonly rate: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Tenure extends AsyncDisposable {
  /** Monotonic milliseconds of the moment after `fromMs` at which it held the service to be down; null when it did not. */
  downAt(fromMs: number): Promise<number | null>;
}
