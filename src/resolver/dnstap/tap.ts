/**
 * Where a copy of what passes goes: called in the query path, so it throws nothing, waits for nothing and keeps no octets
 * that it was given.
 */
import type { IpAddress } from '../../ip/address.ts';
import type { Client } from '../listeners/client.ts';
import type { Transport } from '../transport.ts';

export interface Tap {
  /** A message has come that is no response. `startedMs`: when, of the monotonic clock. */
  query(octets: Uint8Array, client: Client, startedMs: number): void;
  /** It was answered. */
  reply(query: Uint8Array, reply: Uint8Array, client: Client, startedMs: number): void;
  /** For whoever asks authoritative servers: a query of ours, before it is sent, and what came back. */
  readonly upstream?: UpstreamTap;
}

export interface UpstreamTap {
  query(octets: Uint8Array, to: TappedServer): void;
  response(octets: Uint8Array, to: TappedServer): void;
}

/** The server that we ask, and from where. */
export interface TappedServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly source: IpAddress;
  readonly transport: Transport;
  /** The zone that the server is asked for, in wire form, when it is known. */
  readonly zone?: Uint8Array;
}
