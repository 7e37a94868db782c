/** What the caches do besides answering: plain numbers, bumped in place. */
export interface CacheActivity {
  /** Expired answers given, because a newer one could not be had, or not soon enough. */
  staleAnswers: number;
  /** Of these, the ones that deny. */
  staleDenials: number;
  /** Answers asked for anew before they expire. */
  prefetches: number;
  /** Not started: too many were under way. */
  prefetchesLeft: number;
  /** Entries dropped on an operator's word. */
  flushed: number;
  /** Entries taken from a dump, a peer's included. */
  loaded: number;
}

export function createCacheActivity(): CacheActivity {
  return { staleAnswers: 0, staleDenials: 0, prefetches: 0, prefetchesLeft: 0, flushed: 0, loaded: 0 };
}
