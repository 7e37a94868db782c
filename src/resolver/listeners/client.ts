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
  /** As the socket gives it: canonical text, with `%interface` when link-local. */
  readonly address: string;
  /** Its own port, where the listener knows it. */
  readonly port?: number;
  readonly local: LocalAddress;
}
