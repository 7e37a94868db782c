/** Who asks, and where: the two ends of a query. */
import type { Transport } from '../transport.ts';

/** One of the addresses that the resolver answers on. */
export interface LocalAddress {
  /** Canonical text. */
  readonly text: string;
  readonly family: 4 | 6;
  readonly kind: 'service' | 'management';
}

export interface Client {
  readonly transport: Transport;
  /** As the socket gives it: canonical text, with `%interface` when link-local; behind a trusted proxy, as that says. */
  readonly address: string;
  /** Its own port, where the listener knows it. */
  readonly port?: number;
  readonly local: LocalAddress;
  /**
   * Milliseconds that its connection is kept without a query, as of now; 0 when we would rather have it closed. Absent
   * where that is nothing to tell: over UDP, and over HTTP, which has words of its own for it.
   */
  readonly idleMs?: number;
}
