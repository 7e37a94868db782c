/**
 * A map bounded by octets, that keeps what is asked again and lets go of what was asked once.
 *
 * What goes, when room is needed, in this order:
 * 1. What has expired, the longest first (to some seconds: expiry is kept in buckets).
 * 2. What has not been asked again since it came. New entries are on probation, in the order they came; the oldest goes,
 *    or joins the proven ones when it was hit meanwhile. This holds for as long as those on probation have more than their
 *    share of the room, so that a flood of names that are asked once - random subdomains, their denials - takes the room of
 *    other such names, never that of what clients use.
 * 3. The proven ones, by SIEVE (Zhang et al., NSDI 2024): a hand walks from the oldest to the newest, spares once what was
 *    hit since it last came by, and evicts the first that was not.
 *
 * A hit sets a bit and moves nothing. An entry that replaces one under its key takes over that one's standing.
 * Entries are linked through fields of their own: a node apart would cost more memory than most entries' contents.
 *
 * Each kind of entry has a table of its own: most of what is looked for is of kinds of which there are few, or none, and to
 * miss in a small table is cheap. A table takes as much as a small entry; it goes with its last one.
 */

/** What an entry has besides its contents; a kind of entry extends it. */
export class SieveEntry {
  readonly key: string;
  /** Keys are told apart by it: two entries of different kinds may have the same. */
  readonly kind: number;
  /** What it costs, all told; see the constants of its kind. Of one that is in a map, the map's to change. */
  octets: number;
  /** Seconds since 1970. */
  readonly expiresS: number;
  /** Asked for since the hand last came by. */
  isHit = false;
  /** Past probation. */
  isProven = false;
  /** Towards the oldest and the newest of its queue. */
  older: SieveEntry | undefined = undefined;
  newer: SieveEntry | undefined = undefined;
  /** The others of its expiry bucket. */
  before: SieveEntry | undefined = undefined;
  after: SieveEntry | undefined = undefined;

  constructor(key: string, octets: number, expiresS: number, kind = 0) {
    this.key = key;
    this.kind = kind;
    this.octets = octets;
    this.expiresS = expiresS;
  }
}

export interface CacheSize {
  readonly entries: number;
  readonly octets: number;
  readonly maxOctets: number;
  readonly evictions: number;
}

/** The part of the room that entries on probation are left when all of it is taken: S3-FIFO (SOSP 2023) finds a tenth best. */
const probationShare = 1 / 8;

/** An entry may have this share of the room at most, and 16 KiB: one name must not buy the room of thousands. */
const entryShare = 1 / 64;
const entryOctetLimit = 16 * 1024;
/** What an entry may have however small the room: an ordinary answer. */
const entryOctetFloor = 4096;

/** Seconds of an expiry bucket. A bucket costs some 50 octets, as long as there is an entry in it. */
const bucketSeconds = 16;

/** Entries in the order they came. */
class Queue {
  oldest: SieveEntry | undefined;
  newest: SieveEntry | undefined;
  hand: SieveEntry | undefined;
  octets = 0;

  add(entry: SieveEntry): void {
    entry.older = this.newest;
    if (this.newest) this.newest.newer = entry;
    else this.oldest = entry;
    this.newest = entry;
    this.octets += entry.octets;
  }

  remove(entry: SieveEntry): void {
    if (this.hand === entry) this.hand = entry.newer;
    if (entry.older) entry.older.newer = entry.newer;
    else this.oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.newest = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
    this.octets -= entry.octets;
  }

  /** The entry that SIEVE would evict. */
  victim(): SieveEntry | undefined {
    let entry = this.hand ?? this.oldest;
    while (entry?.isHit) {
      entry.isHit = false;
      entry = entry.newer ?? this.oldest;
    }
    this.hand = entry;
    return entry;
  }
}

export class SieveMap<Entry extends SieveEntry> {
  #maxOctets: number;
  readonly #tables = new Map<number, Map<string, Entry>>();
  #count = 0;
  readonly #buckets = new Map<number, SieveEntry>();
  #probation = new Queue();
  #proven = new Queue();
  #evictions = 0;
  /** No bucket is earlier. */
  #earliest = 0;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  get size(): CacheSize {
    return {
      entries: this.#count,
      octets: this.#octets,
      maxOctets: this.#maxOctets,
      evictions: this.#evictions,
    };
  }

  /** Without counting as a hit: whoever uses the entry sets `isHit`. */
  get(key: string, kind = 0): Entry | undefined {
    return this.#tables.get(kind)?.get(key);
  }

  /** Whether there is any entry of this kind. */
  hasKind(kind: number): boolean {
    return this.#tables.has(kind);
  }

  /** The entries that are here now and still are when their turn comes. Others may come and go between two steps. */
  *present(): Generator<Entry> {
    for (const table of [...this.#tables.values()]) {
      // Those that come are behind those that are here, so that a flood of them cannot keep this from ending.
      let left = table.size;
      for (const entry of table.values()) {
        if (left === 0) break;
        left -= 1;
        yield entry;
      }
    }
  }

  /** Keeps the entry in the place of the one with its key; that goes even when the new one is too large, and is not kept. */
  set(entry: Entry, nowS: number): boolean {
    const replaced = this.get(entry.key, entry.kind);
    if (replaced) {
      entry.isProven = replaced.isProven || replaced.isHit;
      this.delete(replaced);
    }
    if (entry.octets > this.#entryLimit) return false;
    this.#makeRoom(entry.octets, nowS);
    this.#tableOf(entry.kind).set(entry.key, entry);
    this.#count += 1;
    this.#queueOf(entry).add(entry);
    this.#addToBucket(entry);
    return true;
  }

  /** An entry of the map costs something else from now on; false, and nothing changes, where one may not have so much. */
  reweigh(entry: Entry, octets: number, nowS: number): boolean {
    if (octets > this.#entryLimit) return false;
    this.#queueOf(entry).octets += octets - entry.octets;
    entry.octets = octets;
    this.#makeRoom(0, nowS);
    return true;
  }

  /** Another bound; what is too much goes at once. */
  resize(maxOctets: number, nowS: number): void {
    this.#maxOctets = maxOctets;
    this.#makeRoom(0, nowS);
  }

  /** Of an entry that is in the map. */
  delete(entry: Entry): void {
    const table = this.#tableOf(entry.kind);
    table.delete(entry.key);
    if (table.size === 0) this.#tables.delete(entry.kind);
    this.#count -= 1;
    this.#queueOf(entry).remove(entry);
    this.#removeFromBucket(entry);
  }

  clear(): void {
    this.#tables.clear();
    this.#count = 0;
    this.#buckets.clear();
    this.#probation = new Queue();
    this.#proven = new Queue();
  }

  #tableOf(kind: number): Map<string, Entry> {
    const known = this.#tables.get(kind);
    if (known) return known;
    const table = new Map<string, Entry>();
    this.#tables.set(kind, table);
    return table;
  }

  #makeRoom(octets: number, nowS: number): void {
    while (this.#octets + octets > this.#maxOctets) {
      this.delete(this.#next(nowS));
      this.#evictions += 1;
    }
  }

  get #octets(): number {
    return this.#probation.octets + this.#proven.octets;
  }

  get #entryLimit(): number {
    const share = Math.max(entryOctetFloor, this.#maxOctets * entryShare);
    return Math.min(entryOctetLimit, share, this.#maxOctets);
  }

  #queueOf(entry: SieveEntry): Queue {
    return entry.isProven ? this.#proven : this.#probation;
  }

  /** What goes next. The map is not empty: an entry that does not fit an empty one is not kept. */
  #next(nowS: number): Entry {
    const entry = this.#expired(nowS) ?? this.#unproven() ?? this.#proven.victim() ?? this.#probation.oldest;
    if (!entry) throw new Error('a cache without entries has no room');
    return entry as Entry;
  }

  #unproven(): SieveEntry | undefined {
    while (this.#probation.octets > this.#maxOctets * probationShare) {
      const entry = this.#probation.oldest;
      if (!entry?.isHit) return entry;
      this.#probation.remove(entry);
      entry.isHit = false;
      entry.isProven = true;
      this.#proven.add(entry);
    }
    return undefined;
  }

  #expired(nowS: number): SieveEntry | undefined {
    const current = bucketOf(nowS);
    if (this.#buckets.size === 0) return undefined;
    // As many steps as buckets of time have gone by since the last call, whatever the number of entries.
    for (; this.#earliest < current; this.#earliest += 1) {
      const entry = this.#buckets.get(this.#earliest);
      if (entry) return entry;
    }
    return undefined;
  }

  #addToBucket(entry: SieveEntry): void {
    const bucket = bucketOf(entry.expiresS);
    // The first ever, or the first since all were gone: there is nothing before it, and no need to walk from 1970.
    if (this.#buckets.size === 0 || bucket < this.#earliest) this.#earliest = bucket;
    const head = this.#buckets.get(bucket);
    entry.after = head;
    if (head) head.before = entry;
    this.#buckets.set(bucket, entry);
  }

  #removeFromBucket(entry: SieveEntry): void {
    const { before, after } = entry;
    if (after) after.before = before;
    if (before) before.after = after;
    else if (after) this.#buckets.set(bucketOf(entry.expiresS), after);
    else this.#buckets.delete(bucketOf(entry.expiresS));
    entry.before = undefined;
    entry.after = undefined;
  }
}

function bucketOf(seconds: number): number {
  return Math.floor(seconds / bucketSeconds);
}
