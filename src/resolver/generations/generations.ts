/** The generation in force, and those before it that still have queries to answer. */

import type { PopSlice } from '../../config/anycast-config.ts';
import { Fault } from '../../system/fault.ts';
import { cacheShares } from '../cache/cache-shares.ts';
import { staleMsOf, ttlLimits } from '../cache/cacheable.ts';
import type { ClientQuery, Outcome } from '../policy.ts';
import { zoneChanges } from '../upstreams/zone-changes.ts';
import { Generation, type LastingParts } from './generation.ts';
import type { OpenedParts } from './opened-parts.ts';

export class Generations implements AsyncDisposable {
  readonly #lasting: LastingParts;
  readonly #retiring = new Map<Generation, Promise<void>>();
  #current: Generation;
  #isOver = false;

  /** @throws Fault of what cannot be made of this configuration. */
  constructor(slice: PopSlice, lasting: LastingParts, opened: OpenedParts) {
    this.#lasting = lasting;
    this.#current = new Generation(slice, { ...this.#lasting, ...opened });
  }

  get current(): Generation {
    return this.#current;
  }

  /** How many have been replaced and still answer. */
  get retiring(): number {
    return this.#retiring.size;
  }

  answer(query: ClientQuery): Outcome {
    return this.#current.answer(query);
  }

  /**
   * From now on queries meet what this configuration makes. Gives the forward zones whose answers are not served from
   * before. All in one turn of the event loop: no query sees half of it.
   * @throws Fault of what cannot be made of this configuration; then everything is as it was.
   */
  replace(slice: PopSlice, opened: OpenedParts): readonly string[] {
    const before = this.#current;
    if (this.#isOver) throw new Fault('refused', 'the resolver is stopping');
    this.#current = new Generation(slice, { ...this.#lasting, ...opened }, before);
    const changes = zoneChanges(before.slice.config.resolver, slice.config.resolver);
    const { cache, clock, log } = this.#lasting;
    const { rrsets } = this.#lasting.sources;
    if (changes.zones.length > 0) cache.distrust(question => changes.isChanged(question));
    const keys = slice.config.resolver.cache;
    const limits = ttlLimits(keys);
    if (changes.zones.includes('.')) {
      before.sources.part(limits);
      rrsets.clear();
    }
    cache.keepStale(staleMsOf(keys));
    rrsets.limitTtls(limits);
    const shares = cacheShares(keys);
    cache.resize(shares.answers, clock.wallMs());
    rrsets.resize(shares.rrsets);
    const retired = before
      .retire(question => changes.isChanged(question))
      .catch(error => log.error({ error: String(error) }, 'what a reload replaced did not end well'))
      .finally(() => this.#retiring.delete(before));
    this.#retiring.set(before, retired);
    return changes.zones;
  }

  /** What is under way is answered SERVFAIL. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    const all = [...this.#retiring.keys(), this.#current];
    await Promise.all(all.map(generation => generation[Symbol.asyncDispose]()));
    await Promise.all(this.#retiring.values());
  }
}
