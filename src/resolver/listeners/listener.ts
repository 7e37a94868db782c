/**
 * The contract of a listener: one transport on one address. It knows sockets and framing, and nothing of DNS.
 *
 * A listener hands every message it receives to a `Responder`, which calls back exactly once, in the same turn of the
 * event loop or later, with the octets to send or with undefined for silence. Messages of one connection may be answered
 * in any order. `listen...` rejects with the operating system's error when the address cannot be had; afterwards a
 * listener fails only as a whole, by `failed`.
 */
import type { Reply } from '../reply.ts';
import type { Client, LocalAddress } from './client.ts';
import type { TransportCounters } from './transport-counters.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** `reply` is what the octets were made of: HTTP says more of an answer than its octets. */
export type Answer = (octets: Uint8Array | undefined, reply?: Reply) => void;

export type Responder = (message: Uint8Array, client: Client, answer: Answer) => void;

export interface ListenOptions {
  readonly local: LocalAddress;
  readonly port: number;
  readonly responder: Responder;
  readonly proxies: TrustedProxies;
  readonly counters: TransportCounters;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** Resolves when the socket is lost; its owner disposes of the listener and may listen anew. Never rejects. */
  readonly failed: Promise<Error>;
  /** Takes no more messages; what has been taken is still answered. */
  stopAccepting(): void;
  /** Messages taken and not yet answered. */
  readonly pending: number;
}
