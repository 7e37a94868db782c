/** The iterator of a PoP, from its configuration. */
import { addressOf, type PopSlice } from '../../config/anycast-config.ts';
import { ttlLimits } from '../cache/cacheable.ts';
import { WorkBudget } from '../work-budget.ts';
import { Iterator, type IteratorOptions } from './iterator.ts';

/** Delegations get this share of what the caches have, beside it. */
const delegationShare = 1 / 16;

type KeyOfConfiguration =
  | 'families'
  | 'isPrimed'
  | 'isMinimised'
  | 'maxDelegationTtl'
  | 'maxDelegationOctets'
  | 'newBudget';

/** `share`: of what the process may keep of delegations; all unless told. */
export function iteratorOf(
  { config, pop }: PopSlice,
  {
    share = 1,
    ...parts
  }: Omit<IteratorOptions, KeyOfConfiguration> & { readonly share?: number | undefined },
): Iterator {
  const { recursion, cache, budget, queryTimeout } = config.resolver;
  return new Iterator({
    ...parts,
    families: ([4, 6] as const).filter(family => addressOf(pop.management, family)),
    isPrimed: recursion.priming,
    isMinimised: recursion.qnameMinimisation,
    maxDelegationTtl: ttlLimits(cache).maxSeconds,
    maxDelegationOctets: Math.floor(cache.maxBytes * delegationShare * share),
    newBudget: () => new WorkBudget({ ...budget, timeMs: queryTimeout }, parts.clock),
  });
}
