/**
 * Order down, step by step: let others take over (GRACEFUL_SHUTDOWN, RFC 8326, where configured) -> withdraw -> see that
 * nothing is exported, and that no neighbour with a looking glass selects us -> wait for quiet -> take the address off `lo`.
 *
 * Nothing is taken from clients that are still sent here: the address goes last, and only after the router was seen to
 * export nothing, however long that takes. It does go in the end, because clients beside a drained PoP would otherwise
 * reach its `lo` for ever instead of the next PoP.
 */
import type { Clock } from '../system/clock.ts';
import type { AgentEvent } from './event-log.ts';
import type { Quiet } from './quiet.ts';
import type { ServiceAddresses } from './service-address.ts';

export type DrainPhase =
  | 'requested'
  | 'graceful-shutdown'
  | 'withdrawn'
  | 'unselected'
  | 'quiet'
  | 'address-removed';

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
  /** Gives the routes other attributes for so long that others can take over; absent where that is not configured. */
  readonly leave?: { readonly forMs: number; begin(): void };
  /** Decides anew and gives the router nothing to announce. */
  withdraw(): void;
  /** Resolves when the router was seen to do what was last decided. */
  settled(signal: AbortSignal): Promise<void>;
  /** Resolves when no neighbour that can be asked selects us, or when the drain has waited long enough for it. */
  readonly unselected?: (signal: AbortSignal) => Promise<boolean>;
  pauseProbes(): Promise<void>;
  untilQuiet(signal: AbortSignal): Promise<Quiet>;
}

/** Throws the signal's reason when the drain is cancelled, and Fault when the address cannot be removed. */
export async function drain(parts: DrainParts, signal: AbortSignal): Promise<DrainReport> {
  const { clock, record } = parts;
  const startedAt = clock.monotonicMs();
  const since = (): number => clock.monotonicMs() - startedAt;
  record({ kind: 'drain', phase: 'requested', afterMs: 0 });
  if (parts.leave) {
    parts.leave.begin();
    await parts.settled(signal);
    record({ kind: 'drain', phase: 'graceful-shutdown', afterMs: since() });
    await clock.sleep(parts.leave.forMs, signal);
  }
  parts.withdraw();
  await parts.settled(signal);
  const withdrawnMs = since();
  record({ kind: 'drain', phase: 'withdrawn', afterMs: withdrawnMs });
  if (parts.unselected) {
    const detail = (await parts.unselected(signal)) ? {} : { detail: 'a neighbour still selects this PoP' };
    record({ kind: 'drain', phase: 'unselected', afterMs: since(), ...detail });
  }
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
