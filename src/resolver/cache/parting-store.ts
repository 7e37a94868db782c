/**
 * The RRsets that a recursion works with: those of the shared cache, until what it learns must not be kept any more.
 *
 * A recursion that was replaced goes on with look-ups under way, and must find what it has learned a moment ago; its
 * successor, which asks others, must not. So from the parting on it keeps in a store of its own, and finds in both.
 */
import type { RRsetStore } from './rrset.ts';

export class PartingStore implements RRsetStore {
  readonly #shared: RRsetStore;
  #own: RRsetStore | undefined;

  constructor(shared: RRsetStore) {
    this.#shared = shared;
  }

  /** From now on nothing goes to the shared store. */
  part(own: RRsetStore): void {
    this.#own ??= own;
  }

  find(...asked: Parameters<RRsetStore['find']>): ReturnType<RRsetStore['find']> {
    return this.#own?.find(...asked) ?? this.#shared.find(...asked);
  }

  findAbove(...asked: Parameters<RRsetStore['findAbove']>): ReturnType<RRsetStore['findAbove']> {
    return this.#own?.findAbove(...asked) ?? this.#shared.findAbove(...asked);
  }

  findDenial(...asked: Parameters<RRsetStore['findDenial']>): ReturnType<RRsetStore['findDenial']> {
    return this.#own?.findDenial(...asked) ?? this.#shared.findDenial(...asked);
  }

  keep(...kept: Parameters<RRsetStore['keep']>): void {
    (this.#own ?? this.#shared).keep(...kept);
  }

  keepDenial(...kept: Parameters<RRsetStore['keepDenial']>): void {
    (this.#own ?? this.#shared).keepDenial(...kept);
  }
}
