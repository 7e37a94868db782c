/** What the caches hold and do, for whoever reads the metrics page. */
import type { Told } from '../told.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { CacheActivity } from './cache-activity.ts';
import type { RRsets } from './rrsets.ts';

export interface ToldCaches {
  readonly cache: AnswerCache;
  readonly rrsets: Pick<RRsets, 'size'>;
  readonly cacheActivity: CacheActivity;
}

export function cacheTold({ cache, rrsets, cacheActivity }: ToldCaches): Told[] {
  const ofBoth = (key: 'entries' | 'octets' | 'evictions') => () =>
    [
      ['answers', cache.size[key]],
      ['rrsets', rrsets.size[key]],
    ] as const;
  return [
    {
      kind: 'gauge',
      name: 'anycast_resolver_cache_entries',
      help: 'Entries kept: answers to questions, and RRsets learnt by recursion',
      labels: ['cache'],
      read: ofBoth('entries'),
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_cache_bytes',
      help: 'Estimated octets of the entries kept',
      labels: ['cache'],
      read: ofBoth('octets'),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_cache_evictions_total',
      help: 'Entries dropped before their time to make room',
      labels: ['cache'],
      read: ofBoth('evictions'),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_stale_answers_total',
      help: 'Expired answers given because no newer one was to be had in time',
      read: () => cacheActivity.staleAnswers,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_prefetches_total',
      help: 'Answers asked for anew before they expired; left: too many were under way',
      labels: ['outcome'],
      read: () => [
        ['started', cacheActivity.prefetches],
        ['left', cacheActivity.prefetchesLeft],
      ],
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_cache_flushed_total',
      help: 'Entries dropped on an operator’s word',
      read: () => cacheActivity.flushed,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_cache_loaded_total',
      help: 'Entries taken from a dump',
      read: () => cacheActivity.loaded,
    },
  ];
}
