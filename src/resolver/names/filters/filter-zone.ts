/**
 * The contract of a block list and of a policy zone: what it has to say to a question, and to a reply.
 *
 * Asked in the query path, many times a second; each look-up is synchronous and allocates little. A zone never changes: a file
 * that is read anew gives a new one.
 */
import type { ResourceRecord } from '../../../dns/message.ts';
import type { Name } from '../../../dns/name.ts';

export type FilterAction =
  | { readonly kind: 'nxdomain' | 'nodata' | 'refused' | 'drop' | 'tcpOnly' | 'pass' }
  /** The records that the name is to have, owners aside. A CNAME record stands alone. */
  | { readonly kind: 'localData'; readonly records: readonly ResourceRecord[] };

/** An action, and how exactly its trigger fits: of several addresses the one with the longest prefix decides. */
export interface AddressMatch {
  readonly action: FilterAction;
  readonly length: number;
}

export interface FilterZone {
  readonly reason: 'blocked' | 'censored' | 'filtered';
  /** Triggers. */
  readonly size: number;
  /** Octets that the names take. */
  readonly bytes: number;
  /** What in the file could not be used, in words for the log; empty when all could. */
  readonly complaints: readonly string[];
  /** It has triggers that need a reply to look at. */
  readonly looksAtReplies: boolean;
  readonly looksAtClients: boolean;
  /** Client addresses decide before names. */
  client(octets: Uint8Array): FilterAction | undefined;
  name(name: Name): FilterAction | undefined;
  /** An address in the answers. */
  address(octets: Uint8Array): AddressMatch | undefined;
  /** A name server of the zone that the answer comes from. */
  nameserver(name: Name): FilterAction | undefined;
}
