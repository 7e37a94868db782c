/**
 * Which servers have which zone: what parents have said, for as long as they said it.
 *
 * A delegation comes from the parent's referral alone. The child's own NS records, which may be newer, never replace or
 * lengthen it, and none outlives the delegation it was reached by: a name taken out of the registry is gone when the
 * registry's own TTL is over, whatever its former owner's servers go on saying (ghost and phoenix domains, CVE-2022-30698
 * and -30699).
 *
 * One whose servers are of no use is asked for anew after a while: the zone may have moved to others.
 *
 * The root is the exception: its servers come from the hints, and then from the root itself (`root.ts`).
 */
import { type Name, nameKey } from '../../dns/name.ts';
import type { IpAddress } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import { type CacheSize, SieveEntry, SieveMap } from '../cache/sieve-map.ts';

export interface NameServer {
  readonly name: Name;
  /** From glue; may be none. */
  readonly addresses: readonly IpAddress[];
}

/** Silences of a whole zone in a row after which it is taken to be gone: one lost question says nothing of it. */
const goneAfter = 3;

/** Seconds until the parent is asked again about servers that are of no use; by one question each time. */
const renewAfterS = 60;

/** What V8 takes for a delegation, and for a server of it with its addresses. */
const entryOverhead = 750;
const serverOverhead = 450;

/** What goes for a zone's servers as a whole, whichever of several referrals told of them. */
interface Standing {
  underWay: number;
  silences: number;
}

export class Delegation extends SieveEntry {
  readonly zone: Name;
  readonly servers: readonly NameServer[];
  /** The servers' names, as replies tell them to policies. */
  get names(): readonly Name[] {
    this.#names ??= this.servers.map(({ name }) => name);
    return this.#names;
  }

  #names: readonly Name[] | undefined;
  #standing: Standing = { underWay: 0, silences: 0 };
  #serversKey: string | undefined;
  #learntS: number;

  /** `learntS`: when the parent said so; of one without a parent there is nothing to learn anew. */
  constructor(
    zone: Name,
    servers: readonly NameServer[],
    expiresS: number,
    learntS = Number.POSITIVE_INFINITY,
  ) {
    const key = nameKey(zone);
    super(key, entryOverhead + 2 * key.length + servers.length * serverOverhead, expiresS);
    this.zone = zone;
    this.servers = servers;
    this.#learntS = learntS;
  }

  /** Whether the parent is to be asked again, now that its servers are of no use; true once in a while. */
  claimRenewal(nowS: number): boolean {
    if (nowS - this.#learntS < renewAfterS) return false;
    this.#learntS = nowS;
    return true;
  }

  /** The same servers of the same zone. */
  isLike(other: Delegation): boolean {
    if (this.key !== other.key) return false;
    this.#serversKey ??= serversKey(this.servers);
    other.#serversKey ??= serversKey(other.servers);
    return this.#serversKey === other.#serversKey;
  }

  /** Counts on together with the one before, which has the same servers. */
  takeAfter(before: Delegation): void {
    this.#standing = before.#standing;
  }

  /** Questions to this zone's servers under way. */
  get underWay(): number {
    return this.#standing.underWay;
  }

  set underWay(count: number) {
    this.#standing.underWay = count;
  }

  /** So many questions in a row went unanswered that asking costs more than it promises. */
  get isGone(): boolean {
    return this.#standing.silences >= goneAfter;
  }

  wasSilent(): void {
    this.#standing.silences += 1;
  }

  /** Gives whether it had been gone. */
  answered(): boolean {
    const wasGone = this.isGone;
    this.#standing.silences = 0;
    return wasGone;
  }
}

export interface DelegationsOptions {
  readonly maxOctets: number;
  readonly maxTtl: number;
  readonly clock: Clock;
}

export class Delegations {
  readonly #entries: SieveMap<Delegation>;
  readonly #maxTtl: number;
  readonly #clock: Clock;

  /** `maxTtl`: seconds for which a parent is believed at most, whatever it says. */
  constructor({ maxOctets, maxTtl, clock }: DelegationsOptions) {
    this.#entries = new SieveMap(maxOctets);
    this.#maxTtl = maxTtl;
    this.#clock = clock;
  }

  get size(): CacheSize {
    return this.#entries.size;
  }

  /** The delegation nearest above the name, or of the name itself; undefined when none but the root's would be. */
  closest(name: Name): Delegation | undefined {
    const nowS = this.#nowS();
    const key = nameKey(name);
    for (let at = 0; at < name.length - 1; at += 1 + (name[at] ?? 0)) {
      const entry = this.#entries.get(at === 0 ? key : key.slice(at));
      if (!entry) continue;
      if (entry.expiresS <= nowS) {
        this.#entries.delete(entry);
        continue;
      }
      if (entry.isGone && entry.claimRenewal(nowS)) continue;
      entry.isHit = true;
      return entry;
    }
    return undefined;
  }

  /** Keeps what `parent` said of `zone`, for `ttl` seconds or until `parent` itself expires. */
  keep(
    zone: Name,
    servers: readonly NameServer[],
    { ttl, parent }: { ttl: number; parent: Delegation },
  ): Delegation {
    const nowS = this.#nowS();
    const expiresS = Math.min(nowS + Math.min(ttl, this.#maxTtl), parent.expiresS);
    const delegation = new Delegation(zone.slice(), servers.map(owned), expiresS, nowS);
    const before = this.#entries.get(delegation.key);
    // Many questions may be on their way down here at once, each with a referral of its own.
    if (before && delegation.isLike(before)) delegation.takeAfter(before);
    if (delegation.expiresS > nowS) this.#entries.set(delegation, nowS);
    return delegation;
  }

  /** Whether the parent is to be asked again about this one, whose servers were of no use. */
  isDue(delegation: Delegation): boolean {
    return delegation.claimRenewal(this.#nowS());
  }

  clear(): void {
    this.#entries.clear();
  }

  #nowS(): number {
    return Math.floor(this.#clock.wallMs() / 1000);
  }
}

function serversKey(servers: readonly NameServer[]): string {
  return servers
    .map(({ name, addresses }) => [nameKey(name), ...addresses.map(({ text }) => text).sort()].join(' '))
    .sort()
    .join();
}

/** In memory of its own: names and addresses out of a referral are views of its message, which may have 64 KiB. */
function owned({ name, addresses }: NameServer): NameServer {
  return {
    name: name.slice(),
    addresses: addresses.map(address => ({ ...address, octets: address.octets.slice() })),
  };
}
