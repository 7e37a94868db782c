/**
 * How `resolver.cache.maxBytes` is shared out: half to the RRsets that recursion learns, the rest to answers.
 *
 * Of that, a quarter goes to the table that is answered from without the pipeline (`fast-path/answer-table.ts`). It holds
 * copies of answers in use, at 516 octets each where the answer cache takes some 1200: so the quarter holds nearly as many
 * answers as the three quarters, and no answer in use is left out for want of room there.
 */
import type { ResolverConfig } from '../../config/anycast-config.ts';

export interface CacheShares {
  readonly answers: number;
  readonly table: number;
  readonly rrsets: number;
}

export function cacheShares({ maxBytes }: Pick<ResolverConfig['cache'], 'maxBytes'>): CacheShares {
  const rrsets = Math.floor(maxBytes / 2);
  const table = Math.floor(maxBytes / 8);
  return { answers: maxBytes - rrsets - table, table, rrsets };
}
