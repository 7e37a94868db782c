/**
 * RRsets and denials learnt by recursion, each on its own, from which the iterator puts answers together.
 *
 * Data of recursion alone. What the upstreams of a forward zone say is never here: it stays in the answer cache, under the
 * question that it answered, so that whoever can answer for a forward zone decides nothing about names outside it, and the
 * other way round (MaginotDNS, USENIX Security 2023). What may be kept at all - what was asked for, by a zone's own
 * servers, about that zone - is the iterator's to judge; the rank it gives is the cache's to keep: glue is there for
 * finding servers, and `find` never gives it to whoever asks for an answer (RFC 2181 section 5.4.1).
 *
 * A name and type have data or a denial, never both: the newer replaces the other, if its rank allows. NXDOMAIN stands
 * under the name for every type, and denies what is below it too (RFC 8020).
 *
 * An entry is one string of octets (`rrset-entry.ts`), read anew each time it is asked for. Times are whole seconds of the
 * wall clock, rounded so that nothing is kept too long. After a step back of it, entries from the future are dropped.
 */
import { type Name, nameKey } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Clock } from '../../system/clock.ts';
import type { TtlLimits } from './cacheable.ts';
import { octetsToText, rdataToOctets, recordsToOctets, textToOctets } from './record-wire.ts';
import { type Denial, type Rank, type RRset, type RRsetStore, ranks } from './rrset.ts';
import {
  anyType,
  denialOf,
  denies,
  isFresh,
  joined,
  type KeptRRset,
  keptOf,
  RRsetEntry,
  type RRsetKey,
  rrsetOf,
} from './rrset-entry.ts';
import { isWithin, type NameScope, type RRsets } from './rrsets.ts';
import { type CacheSize, SieveMap } from './sieve-map.ts';

/** RFC 2181 section 8: a TTL beyond is to be read as 0. */
const largestTtl = 2 ** 31 - 1;

/** RFC 6895 section 3.1: these are of questions and transactions, never data; ANY is one of them. */
const firstMetaType = 128;
const lastMetaType = 255;

export interface RRsetCacheOptions {
  readonly maxOctets: number;
  readonly limits: TtlLimits;
  readonly clock: Clock;
}

export class RRsetCache implements RRsetStore, RRsets {
  readonly #entries: SieveMap<RRsetEntry>;
  #limits: TtlLimits;
  readonly #clock: Clock;

  constructor({ maxOctets, limits, clock }: RRsetCacheOptions) {
    this.#entries = new SieveMap(maxOctets);
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): CacheSize {
    return this.#entries.size;
  }

  find(name: Name, type: number, atLeast: Rank): RRset | undefined {
    return this.#find({ key: nameKey(name), type }, name, atLeast);
  }

  findAbove(name: Name, type: number, atLeast: Rank): RRset | undefined {
    // Of DNAME records there are few, if any, and every look-up asks for them.
    if (!this.#entries.hasKind(type)) return undefined;
    const key = nameKey(name);
    for (let at = 1 + (name[0] ?? 0); at < name.length - 1; at += 1 + (name[at] ?? 0)) {
      const found = this.#find({ key: key.slice(at), type }, name.subarray(at), atLeast);
      if (found) return found;
    }
    return undefined;
  }

  findDenial(name: Name, type: number): Denial | undefined {
    const nowS = this.#nowS();
    const key = nameKey(name);
    let entry = this.#fresh(key, type, nowS);
    if (entry?.rank === denies) return hit(entry, { name, type, nowS });
    if (!this.#entries.hasKind(anyType)) return undefined;
    // The name itself, then its ancestors but the root: each key is the tail of the last one.
    for (let at = 0; at < name.length - 1; at += 1 + (name[at] ?? 0)) {
      entry = this.#fresh(key.slice(at), anyType, nowS);
      if (entry) return hit(entry, { name: name.subarray(at), type: undefined, nowS });
    }
    return undefined;
  }

  keep(rrset: RRset, rank: Rank): void {
    const { minSeconds, maxSeconds } = this.#limits;
    const ttls = [...rrset.records, ...rrset.signatures].map(record => readTtl(record.ttl));
    // RFC 2181 section 5.2: where they differ, the least is meant.
    const ttl = clamp(Math.min(readTtl(rrset.ttl), ...ttls), minSeconds, maxSeconds);
    this.#keepRRset(rrset, rank, { ttl, ageS: 0 });
  }

  keepDenial(denial: Denial): void {
    const soa = denial.proof.find(({ rdata }) => rdata.kind === 'SOA');
    // RFC 2308 section 5: without a SOA record there is nothing that says for how long.
    if (soa?.rdata.kind !== 'SOA') return;
    const says = Math.min(readTtl(denial.ttl), readTtl(soa.ttl), readTtl(soa.rdata.minimum));
    this.#keepDenial(denial, { ttl: Math.min(says, this.#limits.maxNegativeSeconds), ageS: 0 });
  }

  /** Has the next search for this name and type miss: what is about to be asked anew must not be answered from here. */
  forget(name: Name, type: number): void {
    for (const kind of [type, anyType]) {
      const entry = this.#entries.get(nameKey(name), kind);
      if (entry) this.#entries.delete(entry);
    }
  }

  /** NXDOMAIN of the name and of its ancestors: what denies the name. */
  forgetDenials(name: Name): void {
    if (!this.#entries.hasKind(anyType)) return;
    const key = nameKey(name);
    for (let at = 0; at < name.length - 1; at += 1 + (name[at] ?? 0)) {
      const entry = this.#entries.get(key.slice(at), anyType);
      if (entry) this.#entries.delete(entry);
    }
  }

  /**
   * Takes back what `kept` gave, as old as it is, unless there is fresh data of no lower rank here; gives whether it did.
   */
  restore(kept: KeptRRset): boolean {
    const { ageS } = kept;
    const rank = 'rrset' in kept ? kept.rank : denies;
    const { name, type } = 'rrset' in kept ? kept.rrset : kept.denial;
    const here = this.#fresh(nameKey(name), type ?? anyType, this.#nowS());
    if (here && here.rank >= rank) return false;
    if ('rrset' in kept) {
      const { minSeconds, maxSeconds } = this.#limits;
      const ttl = clamp(kept.rrset.ttl, minSeconds, maxSeconds);
      return this.#keepRRset(kept.rrset, kept.rank, { ttl, ageS });
    }
    const ttl = Math.min(kept.denial.ttl, this.#limits.maxNegativeSeconds);
    return this.#keepDenial(kept.denial, { ttl, ageS });
  }

  /** What is fresh, one at a time, proven entries first; the cache may change between two steps. */
  *kept(): Generator<KeptRRset | undefined> {
    for (const isProven of [true, false]) {
      for (const entry of this.#entries.present()) {
        const nowS = this.#nowS();
        // A step without a result, so that whoever walks may stop for breath.
        yield entry.isProven === isProven && isFresh(entry, nowS) ? keptOf(entry, nowS) : undefined;
      }
    }
  }

  /** Drops what lies in the scope, in steps, so that whoever walks may stop for breath; gives the number. */
  *drop(scope: NameScope): Generator<undefined, number> {
    let dropped = 0;
    for (const entry of this.#entries.present()) {
      yield;
      if (!isWithin(scope, textToOctets(entry.key))) continue;
      this.#entries.delete(entry);
      dropped += 1;
    }
    return dropped;
  }

  /** For what is kept from now on. */
  limitTtls(limits: TtlLimits): void {
    this.#limits = limits;
  }

  /** Gives the cache another size; what is too much goes at once. */
  resize(maxOctets: number): void {
    this.#entries.resize(maxOctets, this.#nowS());
  }

  clear(): void {
    this.#entries.clear();
  }

  #find({ key, type }: RRsetKey, name: Name, atLeast: Rank): RRset | undefined {
    const nowS = this.#nowS();
    const entry = this.#fresh(key, type, nowS);
    if (!entry || entry.rank === denies || entry.rank < atLeast) return undefined;
    entry.isHit = true;
    return rrsetOf(entry, { name, type, ttl: entry.expiresS - nowS });
  }

  #keepRRset(rrset: RRset, rank: Rank, { ttl, ageS }: { ttl: number; ageS: number }): boolean {
    const { name, type, records, signatures } = rrset;
    if (rrset.class !== recordClasses.IN || !isData(type) || records.length === 0) return false;
    const nowS = this.#nowS();
    const key = nameKey(name);
    const held = this.#fresh(key, type, nowS);
    if (held && held.rank > rank && !(held.rank === denies && rank === ranks.authoritativeAnswer))
      return false;
    if (ttl - ageS <= 0) {
      // What is not to be kept ends what was kept before all the same.
      if (held) this.#entries.delete(held);
      return false;
    }
    const data = rdataToOctets(records);
    const text = octetsToText(data);
    const signed = signatures.length === 0 ? '' : octetsToText(rdataToOctets(signatures));
    const content = {
      ttl,
      rank,
      data: signed === '' ? text : joined(text, signed),
      signaturesAt: text.length,
    };
    const isKept = this.#entries.set(new RRsetEntry({ key, type }, nowS - ageS + ttl, content), nowS);
    // What a name has, or a name below has, says that the name is there.
    if (rank >= ranks.answer) this.forgetDenials(name);
    return isKept;
  }

  #keepDenial(denial: Denial, { ttl, ageS }: { ttl: number; ageS: number }): boolean {
    const { name, type, proof } = denial;
    if (ttl - ageS <= 0 || denial.class !== recordClasses.IN) return false;
    // Nobody can deny the root.
    if (type === undefined ? name.length === 1 : !isData(type)) return false;
    const nowS = this.#nowS();
    // RFC 9077: the proofs of a denial last no longer than the denial.
    const records = proof.map(record => ({ ...record, ttl: Math.min(readTtl(record.ttl), ttl) }));
    const data = octetsToText(recordsToOctets(records));
    const content = { ttl, rank: denies, data, signaturesAt: data.length } as const;
    const key = { key: nameKey(name), type: type ?? anyType };
    return this.#entries.set(new RRsetEntry(key, nowS - ageS + ttl, content), nowS);
  }

  #fresh(key: string, type: number, nowS: number): RRsetEntry | undefined {
    const entry = this.#entries.get(key, type);
    if (!entry || isFresh(entry, nowS)) return entry;
    // An expired one stays until room is needed: it holds the standing that its successor takes over.
    if (entry.expiresS - entry.ttl > nowS) this.#entries.delete(entry);
    return undefined;
  }

  #nowS(): number {
    return Math.floor(this.#clock.wallMs() / 1000);
  }
}

function isData(type: number): boolean {
  return type > 0 && type !== recordTypes.OPT && (type < firstMetaType || type > lastMetaType);
}

function readTtl(ttl: number): number {
  return ttl > largestTtl || ttl < 0 ? 0 : Math.floor(ttl);
}

function clamp(ttl: number, least: number, most: number): number {
  return Math.min(Math.max(ttl, least), most);
}

function hit(
  entry: RRsetEntry,
  { name, type, nowS }: { name: Name; type: number | undefined; nowS: number },
): Denial {
  entry.isHit = true;
  return denialOf(entry, { name, type, ttl: entry.expiresS - nowS });
}
