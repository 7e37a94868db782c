/** What policies share, for tests that are about some of it. */
import type { PopSlice } from '../../src/config/anycast-config.ts';
import { rcodes } from '../../src/dns/rcode.ts';
import { AnswerCache } from '../../src/resolver/cache/answer-cache.ts';
import { createCacheActivity } from '../../src/resolver/cache/cache-activity.ts';
import { ttlLimits } from '../../src/resolver/cache/cacheable.ts';
import { RRsetCache } from '../../src/resolver/cache/rrset-cache.ts';
import { openClients } from '../../src/resolver/clients/clients.ts';
import { createCounters } from '../../src/resolver/counters.ts';
import { openNames } from '../../src/resolver/names/names.ts';
import type { PolicyServices } from '../../src/resolver/policy.ts';
import { emptyReply } from '../../src/resolver/reply.ts';
import { systemClock } from '../../src/system/clock.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** Cookies are off, so that there is nothing to dispose of. */
export async function testServices(
  { config }: PopSlice,
  services: Partial<PolicyServices> = {},
): Promise<PolicyServices> {
  const clock = services.clock ?? systemClock;
  const log = createLog('resolver', 'fra', 'silent');
  return {
    clock,
    cache: new AnswerCache(65_536, 0),
    rrsets: new RRsetCache({ maxOctets: 65_536, limits: ttlLimits(config.resolver.cache), clock }),
    cacheActivity: createCacheActivity(),
    clients: await openClients({
      config: config.resolver.clients,
      ownAddresses: new Set(),
      clock,
      log,
      slotKey: [1, 2],
    }),
    names: await openNames({ config: config.resolver.names, clock, log }),
    counters: createCounters(),
    resolution: { resolve: () => emptyReply(rcodes.SERVFAIL) },
    ...services,
  };
}
