/**
 * Where a copy of what passes goes: called in the query path, so it throws nothing, waits for nothing and keeps no octets
 * that it was given.
 */
import type { TappedServer, WireTap } from '../exchange/wire-tap.ts';
import type { Client } from '../listeners/client.ts';

export interface Tap {
  /** A message has come that is no response. `startedMs`: when, of the monotonic clock. */
  query(octets: Uint8Array, client: Client, startedMs: number): void;
  /** It was answered. */
  reply(query: Uint8Array, reply: Uint8Array, client: Client, startedMs: number): void;
  /** For our own queries; undefined where they are not to be told. */
  readonly upstream?: UpstreamTap;
}

/** Whom we ask: servers that have a zone, or the upstreams of a forward zone. */
export type AskedAs = 'resolver' | 'forwarder';

export interface UpstreamTap {
  /** A server is about to be asked. Undefined when this exchange is not one of those that are told. */
  begin(as: AskedAs, to: TappedServer): WireTap | undefined;
}
