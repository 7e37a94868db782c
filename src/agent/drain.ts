/**
 * Order down, step by step: withdraw -> see that nothing is exported -> wait for quiet -> take the address off `lo`.
 *
 * Nothing is taken from clients that are still sent here: the address goes last, and only after the router was seen to
 * export nothing, however long that takes. It does go in the end, because clients beside a drained PoP would otherwise
 * reach its `lo` for ever instead of the next PoP.
 */
import type { Clock } from '../system/clock.ts';
import type { AgentEvent } from './event-log.ts';
import type { Quiet } from './quiet.ts';
import type { ServiceAddresses } from './service-address.ts';

export type DrainPhase = 'requested' | 'withdrawn' | 'quiet' | 'address-removed';

/** Milliseconds are counted from the request. */
export interface DrainReport {
  readonly withdrawnMs: number;
  readonly quietMs: number;
  readonly quiet: Quiet['outcome'];
  /** Client queries answered between withdrawal and quiet. */
  readonly queries: number;
  readonly addressRemovedMs: number;
}

export interface DrainParts {
  readonly clock: Clock;
  readonly addresses: ServiceAddresses;
  record(event: AgentEvent): void;
  /** Decides anew and gives the router nothing to announce. */
  withdraw(): void;
  /** Resolves when the router was seen to export nothing. */
  withdrawn(signal: AbortSignal): Promise<void>;
  pauseProbes(): Promise<void>;
  untilQuiet(signal: AbortSignal): Promise<Quiet>;
}

/** Throws the signal's reason when the drain is cancelled, and Fault when the address cannot be removed. */
export async function drain(parts: DrainParts, signal: AbortSignal): Promise<DrainReport> {
  const { clock, record } = parts;
  const startedAt = clock.monotonicMs();
  const since = (): number => clock.monotonicMs() - startedAt;
  record({ kind: 'drain', phase: 'requested', afterMs: 0 });
  parts.withdraw();
  await parts.withdrawn(signal);
  const withdrawnMs = since();
  record({ kind: 'drain', phase: 'withdrawn', afterMs: withdrawnMs });
  // Probes of an address that is about to go would only find it going.
  await parts.pauseProbes();
  const { outcome, queries } = await parts.untilQuiet(signal);
  const quietMs = since();
  record({ kind: 'drain', phase: 'quiet', afterMs: quietMs, detail: quietSentence({ outcome, queries }) });
  signal.throwIfAborted();
  await parts.addresses.remove(signal);
  const addressRemovedMs = since();
  record({ kind: 'drain', phase: 'address-removed', afterMs: addressRemovedMs });
  return { withdrawnMs, quietMs, quiet: outcome, queries, addressRemovedMs };
}

export function quietSentence({ outcome, queries }: Quiet): string {
  const came = `${queries} late ${queries === 1 ? 'query' : 'queries'}`;
  switch (outcome) {
    case 'quiet':
      return `quiet after ${came}`;
    case 'busy':
      return `queries still came (${queries}); went on after the drain timeout`;
    case 'not-running':
      return `no resolver is running, nothing to wait for (${came})`;
    default:
      return outcome satisfies never;
  }
}
