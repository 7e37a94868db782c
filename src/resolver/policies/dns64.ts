/**
 * Makes AAAA records of A records, for clients that have IPv6 only and reach IPv4 through a NAT64 (RFC 6147).
 *
 * Before everything else that decides about names, so that own records and policies hold for what is made here too. A client
 * that says it validates (DO and CD, section 5.5 case 3) gets what there is: it could not verify anything else.
 */
import type { NamesConfig } from '../../config/resolver/names.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { type IpPrefix, parseIpPrefix, prefixContains } from '../../ip/prefix.ts';
import { clientOctets } from '../names/client-octets.ts';
import { embedIpv4, extractIpv4 } from '../names/embedded-ipv4.ts';
import { followAlias } from '../names/follow-alias.ts';
import type { NameCounters } from '../names/name-counters.ts';
import { ipv6OfReverseName, reverseNameOfIpv4 } from '../names/reverse-name.ts';
import { type ClientQuery, type Next, type Outcome, type Policy, passThrough } from '../policy.ts';
import type { Reply } from '../reply.ts';

type Dns64 = NonNullable<NamesConfig['dns64']>;

/** Seconds: section 5.1.7, where no SOA record says how long the denial lasts. The aliases of section 5.3.1 have the same. */
const ttlWithoutSoa = 600;

/** RFC 6052 section 3.1: the well-known prefix stands for no address of private networks. */
const wellKnownPrefix = '64:ff9b::/96';
const privateNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
].flatMap(text => parseIpPrefix(text) ?? []);

/** The types of which something is made here. */
const made: ReadonlySet<number> = new Set([recordTypes.AAAA, recordTypes.PTR]);

export const dns64: Policy = {
  name: 'dns64',
  stage: 'names',
  create: ({ config }, { names: { counters } }) => {
    const options = config.resolver.names.dns64;
    if (!options) return passThrough;
    return (query, next) => {
      const { question } = query;
      if (question.class !== recordClasses.IN || !made.has(question.type)) return next(query);
      if (!isServed(query, options)) return next(query);
      if (question.type === recordTypes.PTR) return pointer(query, next, { options, counters });
      if (isValidating(query)) return next(query);
      const outcome = next(query);
      const take = (reply: Reply): Outcome => synthesized(query, next, { reply, options, counters });
      return outcome instanceof Promise ? outcome.then(take) : take(outcome);
    };
  },
};

/** Whether the client is in a network that has the NAT64: others could not reach what is made here. */
function isServed({ client }: ClientQuery, { clients }: Dns64): boolean {
  if (!clients) return true;
  const octets = clientOctets(client.address);
  return clients.some(prefix => prefixContains(prefix, octets));
}

function isValidating({ message }: ClientQuery): boolean {
  return message.flags.cd && message.edns?.dnssecOk === true;
}

interface Wanted {
  readonly options: Dns64;
  readonly counters: NameCounters;
}

/** Section 5.3.1: the reverse name of an address in the prefix is an alias of the IPv4 address's. */
function pointer(query: ClientQuery, next: Next, { options, counters }: Wanted): Outcome {
  const { name } = query.question;
  const address = ipv6OfReverseName(name);
  const ipv4 = address && extractIpv4(options.prefix, address);
  if (!ipv4) return next(query);
  counters.synthesized += 1;
  const target = reverseNameOfIpv4(ipv4);
  const rdata = { kind: 'CNAME', target } as const;
  const alias = { name, type: recordTypes.CNAME, class: recordClasses.IN, ttl: ttlWithoutSoa, rdata };
  return followAlias(query, [alias], { target, next, authoritative: true });
}

/** The reply to the AAAA question as it is, or the A records' addresses in the prefix. */
function synthesized(query: ClientQuery, next: Next, wanted: Wanted & { readonly reply: Reply }): Outcome {
  const { reply, options, counters } = wanted;
  // Section 5.1.2: a name that does not exist has no A records either. All other failures are as good as no records.
  if (reply.rcode === rcodes.NXDOMAIN || reply.isSilence || reply.isTruncated) return reply;
  if (reply.rcode === rcodes.REFUSED) return reply;
  const kept = reply.answers.filter(record => !isExcluded(record, options.exclude));
  if (kept.some(({ type }) => type === recordTypes.AAAA))
    // Section 5.1.4: those excluded are not sent along.
    return kept.length === reply.answers.length ? reply : withoutCaching({ ...reply, answers: kept });
  const outcome = next({ ...query, question: { ...query.question, type: recordTypes.A } });
  const make = (ipv4: Reply): Reply => {
    const answers = madeOf(ipv4.answers, options.prefix, denialTtl(reply));
    if (ipv4.rcode !== rcodes.NOERROR || !answers)
      return kept.length === reply.answers.length ? reply : withoutCaching({ ...reply, answers: kept });
    counters.synthesized += 1;
    return withoutCaching({ ...ipv4, answers, authorities: [] });
  };
  return outcome instanceof Promise ? outcome.then(make) : make(outcome);
}

function isExcluded({ rdata }: ResourceRecord, exclude: readonly IpPrefix[]): boolean {
  return rdata.kind === 'AAAA' && exclude.some(prefix => prefixContains(prefix, rdata.address));
}

/** What is made here is for this client's network alone. */
function withoutCaching({ isCacheable: _, ...reply }: Reply): Reply {
  return reply;
}

/** Seconds (section 5.1.7). */
function denialTtl({ authorities }: Reply): number {
  return authorities.find(({ type }) => type === recordTypes.SOA)?.ttl ?? ttlWithoutSoa;
}

/** The aliases, and an AAAA record for each A record; undefined where there is none. Signatures of the A records go. */
function madeOf(
  answers: readonly ResourceRecord[],
  prefix: IpPrefix,
  mostSeconds: number,
): ResourceRecord[] | undefined {
  const records = answers.flatMap((record): ResourceRecord[] => {
    const { rdata, ttl } = record;
    if (rdata.kind === 'RRSIG') return rdata.typeCovered === recordTypes.A ? [] : [record];
    if (rdata.kind !== 'A') return [record];
    if (prefix.text === wellKnownPrefix && privateNetworks.some(each => prefixContains(each, rdata.address)))
      return [];
    const address = embedIpv4(prefix, rdata.address);
    const seconds = Math.min(ttl, mostSeconds);
    return [{ ...record, type: recordTypes.AAAA, ttl: seconds, rdata: { kind: 'AAAA', address } }];
  });
  return records.some(({ type }) => type === recordTypes.AAAA) ? records : undefined;
}
