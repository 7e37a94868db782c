/** RRsets, denials and caches of them, as the tests write them. */
import type { ResourceRecord } from '../../src/dns/message.ts';
import { recordTypes } from '../../src/dns/record-type.ts';
import type { TtlLimits } from '../../src/resolver/cache/cacheable.ts';
import type { Denial, RRset } from '../../src/resolver/cache/rrset.ts';
import { RRsetCache } from '../../src/resolver/cache/rrset-cache.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { name, soa, type TypeName } from './messages.ts';

export const standardLimits: TtlLimits = { minSeconds: 0, maxSeconds: 86_400, maxNegativeSeconds: 3600 };

export function rrsetCache({ maxOctets = 1024 * 1024, limits = standardLimits, clock = fakeClock() } = {}): {
  cache: RRsetCache;
  clock: FakeClock;
} {
  return { cache: new RRsetCache({ maxOctets, limits, clock }), clock };
}

/** The RRset of these records, with the TTL of the first. */
export function rrset(...records: readonly ResourceRecord[]): RRset {
  const [first] = records;
  if (!first) throw new Error('an RRset has at least one record');
  const { name: owner, type, class: rrClass, ttl } = first;
  return { name: owner, type, class: rrClass, ttl, records, signatures: [] };
}

/** NXDOMAIN of the name, or that it has no data of `type`. */
export function denial(
  owner: string,
  type?: TypeName,
  { ttl = 300, proof = [soa('test.', { minimum: 300 })] as readonly ResourceRecord[] } = {},
): Denial {
  return { name: name(owner), type: type && recordTypes[type], class: 1, ttl, proof };
}
