/** Recursion as one part: the iterator and the exchange that it asks by. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { PartingStore } from '../cache/parting-store.ts';
import type { RRsetStore } from '../cache/rrset.ts';
import { authoritiesOf } from '../exchange/authorities-of.ts';
import type { NetworkAuthorities, NetworkAuthoritiesOptions } from '../exchange/network-authorities.ts';
import type { Iterator, IteratorOptions } from './iterator.ts';
import { iteratorOf } from './iterator-of.ts';
import type { RecursionNumbers } from './recursion-numbers.ts';

type Asking = Pick<NetworkAuthoritiesOptions, 'clock' | 'port' | 'taps' | 'limits' | 'transports'>;
type Iterating = Pick<IteratorOptions, 'store' | 'forwarded' | 'isForwarded' | 'rootHints' | 'flightLimits'>;

export class Recursion implements AsyncDisposable {
  readonly iterator: Iterator;
  readonly authorities: NetworkAuthorities;
  readonly #store: PartingStore;

  /**
   * `port` is that of every name server; 53 everywhere but in tests. `share`: of what the process may keep of delegations.
   */
  constructor(slice: PopSlice, options: Asking & Iterating & { readonly share?: number }) {
    const { clock, port, taps, limits, transports } = options;
    const { store, forwarded, isForwarded, rootHints, flightLimits, share } = options;
    this.authorities = authoritiesOf(slice, { clock, port, taps, limits, transports });
    this.#store = new PartingStore(store);
    this.iterator = iteratorOf(slice, {
      clock,
      store: this.#store,
      forwarded,
      isForwarded,
      rootHints,
      flightLimits,
      share,
      authorities: this.authorities,
    });
  }

  /** What it learns from now on is kept in `own`, for its last look-ups alone. */
  part(own: RRsetStore): void {
    this.#store.part(own);
  }

  get numbers(): RecursionNumbers {
    const { questions, delegations, circles, shed } = this.iterator.status;
    return {
      exchange: this.authorities.counters,
      iterator: this.iterator.counters,
      flights: { circles, shed },
      now: { questions, delegations, serversKnown: this.authorities.status.serversKnown },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.iterator[Symbol.asyncDispose]();
    await this.authorities[Symbol.asyncDispose]();
  }
}
