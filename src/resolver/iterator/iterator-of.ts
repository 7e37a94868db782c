/** The iterator of a PoP, from its configuration. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { parseName, rootName } from '../../dns/name.ts';
import { parseIpAddress } from '../../ip/address.ts';
import { ttlLimits } from '../cache/cacheable.ts';
import { WorkBudget } from '../work-budget.ts';
import type { NameServer } from './delegations.ts';
import { Iterator, type IteratorOptions } from './iterator.ts';
import { rootServers } from './root-servers.ts';

/** Delegations get this share of what the caches have, beside it. */
const delegationShare = 1 / 16;

export function iteratorOf(
  { config }: PopSlice,
  parts: Pick<IteratorOptions, 'clock' | 'authorities' | 'store' | 'forwarded' | 'isForwarded'>,
): Iterator {
  const { recursion, cache, budget, queryTimeout } = config.resolver;
  const hints: readonly NameServer[] =
    recursion.rootHints?.map(({ name, addresses }) => ({ name: parseName(name) ?? rootName, addresses })) ??
    rootServers.map(({ name, addresses }) => ({
      name: parseName(name) ?? rootName,
      addresses: addresses.flatMap(text => parseIpAddress(text) ?? []),
    }));
  return new Iterator({
    ...parts,
    rootHints: hints,
    isPrimed: recursion.priming,
    isMinimised: recursion.qnameMinimisation,
    maxDelegationTtl: ttlLimits(cache).maxSeconds,
    maxDelegationOctets: Math.floor(cache.maxBytes * delegationShare),
    newBudget: () => new WorkBudget({ ...budget, timeMs: queryTimeout }, parts.clock),
  });
}
