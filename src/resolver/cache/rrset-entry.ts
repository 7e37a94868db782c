/**
 * An entry of the RRset cache: one string of octets, and how it is read.
 *
 * An address costs some 230 octets so; as records of objects, the way the answer cache has them, it costs some 1100.
 */
import type { Name } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { octetsToRdata, octetsToRecords, textToOctets } from './record-wire.ts';
import type { Denial, Rank, RRset } from './rrset.ts';
import { SieveEntry } from './sieve-map.ts';

/**
 * What V8 takes for an entry, its two strings' heads and its place in the map; `test/bench/cache-memory.ts` measures it.
 */
const entryOverhead = 230;

/** The rank of an entry that denies; as good as the answer section of an authoritative answer. */
export const denies = 6;

/** Stands for "any type" in the key of NXDOMAIN: type 0 is reserved (RFC 6895 section 3.1). */
export const anyType = 0;

/** Of the name, by `nameKey`, and the type, which is the kind of the entry. */
export interface RRsetKey {
  readonly key: string;
  readonly type: number;
}

export class RRsetEntry extends SieveEntry {
  readonly ttl: number;
  readonly rank: Rank | typeof denies;
  /** RDATA, the signatures' RDATA behind them; of a denial, its proof. */
  readonly data: string;
  /** Where the signatures begin. */
  readonly signaturesAt: number;

  constructor(
    { key, type }: RRsetKey,
    expiresS: number,
    content: Pick<RRsetEntry, 'ttl' | 'rank' | 'data' | 'signaturesAt'>,
  ) {
    // Strings take whole words.
    super(key, entryOverhead + wholeWords(key.length) + wholeWords(content.data.length), expiresS, type);
    this.ttl = content.ttl;
    this.rank = content.rank;
    this.data = content.data;
    this.signaturesAt = content.signaturesAt;
  }
}

/** What an entry says, for a dump; TTLs in it are those it was kept with. */
export type KeptRRset = { readonly ageS: number } & (
  | { readonly rrset: RRset; readonly rank: Rank }
  | { readonly denial: Denial }
);

export function isFresh(entry: RRsetEntry, nowS: number): boolean {
  const left = entry.expiresS - nowS;
  return left > 0 && left <= entry.ttl;
}

export function keptOf(entry: RRsetEntry, nowS: number): KeptRRset {
  const name = textToOctets(entry.key);
  const number = entry.kind;
  const ageS = nowS - (entry.expiresS - entry.ttl);
  if (entry.rank !== denies)
    return { ageS, rank: entry.rank, rrset: rrsetOf(entry, { name, type: number, ttl: entry.ttl }) };
  const type = number === anyType ? undefined : number;
  return { ageS, denial: denialOf(entry, { name, type, ttl: entry.ttl }) };
}

export function rrsetOf(
  { data, signaturesAt }: RRsetEntry,
  { name, type, ttl }: { name: Name; type: number; ttl: number },
): RRset {
  const head = { name, type, class: recordClasses.IN, ttl };
  const signatureHead = { ...head, type: recordTypes.RRSIG };
  return {
    ...head,
    records: octetsToRdata(textToOctets(data, 0, signaturesAt), head),
    signatures:
      signaturesAt === data.length ? [] : octetsToRdata(textToOctets(data, signaturesAt), signatureHead),
  };
}

export function denialOf(
  { data }: RRsetEntry,
  { name, type, ttl }: { name: Name; type: number | undefined; ttl: number },
): Denial {
  const proof = octetsToRecords(textToOctets(data)).map(record => ({
    ...record,
    ttl: Math.min(record.ttl, ttl),
  }));
  return { name, type, class: recordClasses.IN, ttl, proof };
}

/** One flat string: joined by `+` they would be kept as a pair of strings. */
export function joined(first: string, second: string): string {
  return Buffer.from(first + second, 'latin1').toString('latin1');
}

function wholeWords(octets: number): number {
  return Math.ceil(octets / 8) * 8;
}
