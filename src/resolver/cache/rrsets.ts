/**
 * What the resolver's own thread does with the RRsets of recursion, wherever they are: in a cache of its own
 * (`rrset-cache.ts`), or in those of its workers (`workers/`).
 *
 * Whoever looks RRsets up and keeps new ones has them at hand, and needs `RRsetStore`. Here are the operator's wishes, what
 * a reload changes, and prefetches: they take effect before any question that is resolved after them.
 */
import { equalNames, isSubdomain, type Name } from '../../dns/name.ts';
import type { TtlLimits } from './cacheable.ts';
import type { KeptRRset } from './rrset-entry.ts';
import type { CacheSize } from './sieve-map.ts';

/** One name, or a name and all below it. */
export interface NameScope {
  readonly kind: 'name' | 'zone';
  readonly name: Name;
}

export interface RRsets {
  readonly size: CacheSize;
  /** Has the next search for this name and type miss, when it is for the question with the name `askedAs`. */
  forget(name: Name, type: number, askedAs: Name): void;
  /** NXDOMAIN of the name and of its ancestors: what denies the name. */
  forgetDenials(name: Name): void;
  /** Takes back what `kept` gave, unless there is fresh data of no lower rank; gives whether it did. */
  restore(kept: KeptRRset): boolean | Promise<boolean>;
  /** What is fresh, one at a time; undefined is a step without a result. */
  kept(): Iterable<KeptRRset | undefined> | AsyncIterable<KeptRRset | undefined>;
  /** Drops what lies in the scope, in steps, and gives the number. */
  drop(scope: NameScope): Generator<undefined, number> | Promise<number>;
  clear(): void;
  /** For what is kept from now on. */
  limitTtls(limits: TtlLimits): void;
  /** Gives all caches together another size; what is too much goes at once. */
  resize(maxOctets: number): void;
}

export function isWithin({ kind, name }: NameScope, at: Name): boolean {
  return kind === 'name' ? equalNames(at, name) : isSubdomain(at, name);
}
