/** Whoever is shown what an exchange with a server has on the wire: keeps none of the octets, and throws nothing. */
import type { Name } from '../../dns/name.ts';
import type { IpAddress } from '../../ip/address.ts';
import type { Transport } from '../transport.ts';

export interface WireTap {
  /** A query is about to be sent; again where it is sent again. `port`: our own, where it is known. */
  sent(octets: Uint8Array, port?: number): void;
  /** This is taken for its answer, be it a truncated one. */
  received(octets: Uint8Array): void;
}

/** The server that we ask, and from where. */
export interface TappedServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly source: IpAddress;
  readonly transport: Transport;
  /** The zone that the server is asked for, where it is asked as one that has it. */
  readonly zone: Name | undefined;
}

/** Undefined when nobody wants to be shown this exchange. Looked up anew for each, for a reload may change it. */
export type WireTaps = (to: TappedServer) => WireTap | undefined;
