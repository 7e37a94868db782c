/**
 * Takes private addresses out of what comes from outside, so that no name out there can lead a browser to a host in here
 * (DNS rebinding; Unbound's private-address). Off unless `names.rebinding` is there.
 *
 * Also those hidden in other forms: IPv4 inside IPv6, and the address hints of SVCB and HTTPS records, which lose the whole
 * record. Zones of `except` may have them, by the name that owns the record. What is taken out is not kept by the cache
 * before it, so that a change of these keys holds at once.
 */
import type { NamesConfig } from '../../config/resolver/names.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import { isSubdomain } from '../../dns/name.ts';
import { extendedErrorOption, extendedErrors } from '../../dns/options/extended-error.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { parseIpPrefix, prefixContains } from '../../ip/prefix.ts';
import { extractIpv4 } from '../names/embedded-ipv4.ts';
import { type Policy, passThrough } from '../policy.ts';
import { type Reply, withOption } from '../reply.ts';

type Rebinding = NonNullable<NamesConfig['rebinding']>;

/** RFC 4291 sections 2.5.5.1 and 2.5.5.2, RFC 6052 section 2.1: where the last four octets are an IPv4 address. */
const carriers = ['::/96', '::ffff:0:0/96', '64:ff9b::/96'].flatMap(text => parseIpPrefix(text) ?? []);

/** RFC 9460 section 14.3.2. */
const ipv4Hint = 4;
const ipv6Hint = 6;

export const rebinding: Policy = {
  name: 'rebinding',
  stage: 'names',
  create: ({ config }, { names: { counters } }) => {
    const options = config.resolver.names.rebinding;
    if (!options) return passThrough;
    const strip = (reply: Reply): Reply => {
      const inside = reply.answers.filter(record => leadsInside(record, options));
      if (inside.length === 0) return reply;
      counters.rebinding += 1;
      const answers = reply.answers.filter(record => !inside.some(each => isOfSameSet(record, each)));
      const { isCacheable: _, ...rest } = reply;
      const why = { infoCode: extendedErrors.blocked, text: 'private address' };
      return withOption({ ...rest, answers }, extendedErrorOption(why));
    };
    return (query, next) => {
      const outcome = next(query);
      return outcome instanceof Promise ? outcome.then(strip) : strip(outcome);
    };
  },
};

function leadsInside(record: ResourceRecord, options: Rebinding): boolean {
  return (
    addressesOf(record).some(octets => isInside(octets, options)) &&
    !options.except.some(zone => isSubdomain(record.name, zone))
  );
}

function isInside(octets: Uint8Array, { prefixes }: Rebinding): boolean {
  if (prefixes.some(prefix => prefixContains(prefix, octets))) return true;
  return carriers.some(carrier => {
    const ipv4 = extractIpv4(carrier, octets);
    return ipv4 !== undefined && prefixes.some(prefix => prefixContains(prefix, ipv4));
  });
}

function addressesOf({ rdata }: ResourceRecord): readonly Uint8Array[] {
  if (rdata.kind === 'A' || rdata.kind === 'AAAA') return [rdata.address];
  if (rdata.kind !== 'SVCB' && rdata.kind !== 'HTTPS') return [];
  return rdata.parameters.flatMap(({ key, value }) =>
    key === ipv4Hint ? cut(value, 4) : key === ipv6Hint ? cut(value, 16) : [],
  );
}

function cut(octets: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.floor(octets.length / size) }, (_, index) =>
    octets.subarray(index * size, (index + 1) * size),
  );
}

/** The record itself, or a signature that no longer fits what is left. */
function isOfSameSet(record: ResourceRecord, removed: ResourceRecord): boolean {
  if (record === removed) return true;
  const { rdata } = record;
  return record.type === recordTypes.RRSIG && rdata.kind === 'RRSIG' && rdata.typeCovered === removed.type;
}
