/** Recursion as one part: the iterator and the exchange that it asks by. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { PartingStore } from '../cache/parting-store.ts';
import type { RRsetStore } from '../cache/rrset.ts';
import { authoritiesOf } from '../exchange/authorities-of.ts';
import type { NetworkAuthorities } from '../exchange/network-authorities.ts';
import type { WireTaps } from '../exchange/wire-tap.ts';
import type { Iterator, IteratorOptions } from './iterator.ts';
import { iteratorOf } from './iterator-of.ts';

export class Recursion implements AsyncDisposable {
  readonly iterator: Iterator;
  readonly authorities: NetworkAuthorities;
  readonly #store: PartingStore;

  /** `port` is that of every name server; 53 everywhere but in tests. */
  constructor(
    slice: PopSlice,
    {
      clock,
      store,
      forwarded,
      isForwarded,
      rootHints,
      port,
      taps,
    }: Pick<IteratorOptions, 'clock' | 'store' | 'forwarded' | 'isForwarded' | 'rootHints'> & {
      port: number;
      taps?: WireTaps | undefined;
    },
  ) {
    this.authorities = authoritiesOf(slice, { clock, port, taps });
    this.#store = new PartingStore(store);
    this.iterator = iteratorOf(slice, {
      clock,
      store: this.#store,
      forwarded,
      isForwarded,
      rootHints,
      authorities: this.authorities,
    });
  }

  /** What it learns from now on is kept in `own`, for its last look-ups alone. */
  part(own: RRsetStore): void {
    this.#store.part(own);
  }

  /** Questions not asked because too many were under way. */
  get shed(): number {
    const { attempts, server, zone, joiners } = this.authorities.counters.shed;
    return this.iterator.counters.shed + this.iterator.status.shed + attempts + server + zone + joiners;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.iterator[Symbol.asyncDispose]();
    await this.authorities[Symbol.asyncDispose]();
  }
}
