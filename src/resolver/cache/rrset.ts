/**
 * RRsets and what is known about them: the values that the RRset cache keeps and the iterator works with.
 *
 * Ranking is RFC 2181 section 5.4.1, least trustworthy first: data of a lower rank never replaces data of a higher one
 * that has not expired, and only `answer` and above may answer a client.
 */
import type { ResourceRecord } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';

export const ranks = {
  /** Glue, and whatever else stands in an additional section. */
  additional: 1,
  /** The authority section of a referral. */
  referral: 2,
  /** The authority section of an authoritative answer. */
  authority: 3,
  /** The answer section of an answer without AA. */
  answer: 4,
  /** The answer section of an authoritative answer. */
  authoritativeAnswer: 5,
} as const;
export type Rank = (typeof ranks)[keyof typeof ranks];

export interface RRset {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds; of all records alike (RFC 2181 section 5.2). */
  readonly ttl: number;
  /** At least one, all of this name, type and class. */
  readonly records: readonly ResourceRecord[];
  /** The RRSIG records that cover them; none when unsigned. */
  readonly signatures: readonly ResourceRecord[];
}

/** What does not exist, and what says so. */
export interface Denial {
  readonly name: Name;
  /** undefined: the name does not exist, whatever the type (NXDOMAIN). Otherwise there is no data of this type. */
  readonly type: number | undefined;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** The SOA record, NSEC and NSEC3 records, and their signatures. */
  readonly proof: readonly ResourceRecord[];
}

/** What the iterator needs of the RRset cache. TTLs given back are counted down to now. */
export interface RRsetStore {
  /** Fresh data of at least this rank. */
  find(name: Name, type: number, atLeast: Rank): RRset | undefined;
  /** The same of the nearest name above, but the root. */
  findAbove(name: Name, type: number, atLeast: Rank): RRset | undefined;
  findDenial(name: Name, type: number): Denial | undefined;
  /** Refused when data of a higher rank is there and fresh. */
  keep(rrset: RRset, rank: Rank): void;
  keepDenial(denial: Denial): void;
}
