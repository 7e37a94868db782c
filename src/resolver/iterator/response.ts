/**
 * What an authoritative server's message says about the question it was asked; pure.
 *
 * Only what was asked for, and what the zone may say, is taken: records of the question's own name and of what it is an
 * alias of, inside the zone that was asked; a referral that leads down, towards the name; addresses of the servers it
 * names, inside the zone that refers (RFC 1034 section 4.2.1, RFC 2181 section 5.4.1). All else in the message is as if it
 * were not there: records that nobody asked for are how caches are poisoned (Kaminsky 2008, CVE-2025-40778).
 *
 * A DNAME record redirects as RFC 6672 says; the CNAME record that the server made of it is not believed but made anew.
 * An RRset that is too large is no answer: half of it would be worse (RFC 2181 section 5).
 */
import type { Message, Question, ResourceRecord } from '../../dns/message.ts';
import { equalNames, isSubdomain, type Name, nameKey, replaceAncestor } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { ipAddress } from '../../ip/address.ts';
import type { RRset } from '../cache/rrset.ts';
import type { NameServer } from './delegations.ts';

/** As others have it: Unbound keeps 20 servers of a referral; 256 records an RRset in PowerDNS; 11 aliases in Unbound. */
export const responseLimits = {
  servers: 20,
  addressesPerServer: 8,
  recordsPerRrset: 256,
  aliases: 11,
} as const;

/** Where a chain of aliases ends. */
export type End =
  | { readonly kind: 'data'; readonly rrset: RRset }
  /** `ttl` 0: nothing says for how long. `type` undefined: the name does not exist. */
  | {
      readonly kind: 'denial';
      readonly name: Name;
      readonly type: number | undefined;
      readonly ttl: number;
      readonly proof: readonly ResourceRecord[];
    }
  /** To be asked for elsewhere. */
  | { readonly kind: 'alias'; readonly target: Name }
  /** The redirected name would be too long (RFC 6672 section 2.2). */
  | { readonly kind: 'too-long' };

export interface AnswerFinding {
  readonly kind: 'answer';
  /** CNAME and DNAME RRsets on the way, in order; CNAME RRsets made of a DNAME stand behind it. */
  readonly chain: readonly RRset[];
  readonly end: End;
  /** What shows that wildcards were right to answer: NSEC and NSEC3 records with their signatures. */
  readonly proof: readonly ResourceRecord[];
  readonly isAuthoritative: boolean;
}

export type Finding =
  | AnswerFinding
  | {
      readonly kind: 'referral';
      readonly zone: Name;
      /** Seconds. */
      readonly ttl: number;
      readonly servers: readonly NameServer[];
    }
  /** This server does not have the zone. */
  | { readonly kind: 'lame' }
  /** It could not answer this. */
  | { readonly kind: 'failure'; readonly rcode: number };

/** What is not the zone's to say though it lies inside: names that forward zones hold. */
export type IsElsewhere = (name: Name) => boolean;

const nowhere: IsElsewhere = () => false;

/** `zone`: whose server was asked. */
export function readResponse(
  given: Message,
  question: Question,
  zone: Name,
  isElsewhere: IsElsewhere = nowhere,
): Finding {
  const message = ofClass(given, question.class);
  const { rcode, flags } = message;
  if (rcode === rcodes.REFUSED || rcode === rcodes.NOTAUTH) return { kind: 'lame' };
  if (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN && rcode !== rcodes.YXDOMAIN)
    return { kind: 'failure', rcode };
  const answer = readAnswer(message, question, zone, isElsewhere);
  if (answer) return isTooLarge(answer) ? { kind: 'failure', rcode: rcodes.SERVFAIL } : answer;
  // Too long a name, and no DNAME record that makes it so.
  if (rcode === rcodes.YXDOMAIN) return { kind: 'failure', rcode };
  if (rcode === rcodes.NOERROR && !flags.aa) return readReferral(message, question, zone) ?? { kind: 'lame' };
  // An authoritative answer with neither data, SOA record nor referral: no such data, and nothing says for how long.
  const type = rcode === rcodes.NXDOMAIN ? undefined : question.type;
  if (!flags.aa) return { kind: 'lame' };
  const referral = rcode === rcodes.NOERROR && readReferral(message, question, zone);
  return referral || answerOf(message, [], { kind: 'denial', name: question.name, type, ttl: 0, proof: [] });
}

/** Records of another class are about other trees of names. */
function ofClass(message: Message, rrClass: number): Message {
  const isOther = (record: ResourceRecord): boolean => record.class !== rrClass;
  const { answers, authorities, additionals } = message;
  if (![answers, authorities, additionals].some(records => records.some(isOther))) return message;
  const [own, ownAuthorities, ownAdditionals] = [answers, authorities, additionals].map(records =>
    records.filter(record => !isOther(record)),
  );
  return {
    ...message,
    answers: own ?? [],
    authorities: ownAuthorities ?? [],
    additionals: ownAdditionals ?? [],
  };
}

function isTooLarge({ chain, end }: AnswerFinding): boolean {
  const rrsets = end.kind === 'data' ? [...chain, end.rrset] : chain;
  const { recordsPerRrset } = responseLimits;
  return rrsets.some(
    ({ records, signatures }) => records.length > recordsPerRrset || signatures.length > recordsPerRrset,
  );
}

/** Undefined when there is nothing about the question in it. */
function readAnswer(
  message: Message,
  question: Question,
  zone: Name,
  isElsewhere: IsElsewhere,
): AnswerFinding | undefined {
  const chain: RRset[] = [];
  let seen: Set<string> | undefined;
  for (let name = question.name; ; ) {
    const asked = { ...question, name };
    const redirection = redirectionOf(message, asked, zone);
    const data = dataOf(message, asked, redirection);
    if (data) return answerOf(message, [...chain, ...data.way], { kind: 'data', rrset: data.rrset });
    const step = redirection ?? aliasOf(message, asked);
    if (!step) {
      const end = denialOf(message, asked, zone) ?? (chain.length > 0 ? aliasTo(name) : undefined);
      return end && answerOf(message, chain, end);
    }
    chain.push(...step.rrsets);
    if (!step.target) return answerOf(message, chain, { kind: 'too-long' });
    name = step.target;
    // What the zone cannot speak for, and what leads back, is for the iterator to ask for or to refuse.
    seen ??= new Set([nameKey(question.name)]);
    const key = nameKey(name);
    const isOurs = isSubdomain(name, zone) && !isElsewhere(name);
    if (!isOurs || seen.has(key) || chain.length >= responseLimits.aliases)
      return answerOf(message, chain, aliasTo(name));
    seen.add(key);
  }
}

/** What was asked for, and the DNAME RRset that makes it, if one does. */
function dataOf(
  { answers }: Message,
  { name, type, class: rrClass }: Question,
  redirection: AliasStep | undefined,
): { readonly rrset: RRset; readonly way: readonly RRset[] } | undefined {
  const rrset = redirection ? madeFor(type, redirection) : rrsetOf(answers, name, type, rrClass);
  return rrset && { rrset, way: redirection ? redirection.rrsets.slice(0, 1) : [] };
}

function aliasTo(target: Name): End {
  return { kind: 'alias', target };
}

function answerOf(message: Message, chain: readonly RRset[], end: End): AnswerFinding {
  const isAuthoritative = message.flags.aa;
  // A denial has its own.
  const proof = end.kind === 'denial' ? [] : message.authorities.filter(isProof);
  return { kind: 'answer', chain, end, proof, isAuthoritative };
}

interface AliasStep {
  readonly rrsets: readonly RRset[];
  /** undefined: the redirected name would be too long. */
  readonly target: Name | undefined;
}

/** What a DNAME record above the name makes of it. */
function redirectionOf({ answers }: Message, question: Question, zone: Name): AliasStep | undefined {
  const { name, class: rrClass } = question;
  const owner = answers.find(
    record =>
      record.type === recordTypes.DNAME &&
      record.name.length < name.length &&
      isSubdomain(name, record.name) &&
      isSubdomain(record.name, zone),
  )?.name;
  const dname = owner && rrsetOf(answers, owner, recordTypes.DNAME, rrClass);
  return dname && redirected(name, dname);
}

function aliasOf({ answers }: Message, { name, type, class: rrClass }: Question): AliasStep | undefined {
  if (type === recordTypes.CNAME) return undefined;
  const cname = rrsetOf(answers, name, recordTypes.CNAME, rrClass);
  const target = cname && targetOf(cname);
  return cname && target && { rrsets: [cname], target };
}

/** Who asks for CNAME records has what he asked for in the one that a DNAME record makes. */
export function madeFor(type: number, { rrsets: [, cname] }: AliasStep): RRset | undefined {
  return type === recordTypes.CNAME ? cname : undefined;
}

/** What a DNAME RRset makes of a name below its owner: a CNAME record of the same TTL (RFC 6672 section 3.1). */
export function redirected(name: Name, dname: RRset): AliasStep | undefined {
  const destination = targetOf(dname);
  if (!destination) return undefined;
  const target = replaceAncestor(name, dname.name, destination);
  if (!target) return { rrsets: [dname], target };
  const { class: rrClass, ttl } = dname;
  const type = recordTypes.CNAME;
  const record: ResourceRecord = { name, type, class: rrClass, ttl, rdata: { kind: 'CNAME', target } };
  return { rrsets: [dname, { name, type, class: rrClass, ttl, records: [record], signatures: [] }], target };
}

/** Where a CNAME or DNAME RRset leads. One with several records is no alias at all. */
export function targetOf({ records }: RRset): Name | undefined {
  const [record, ...others] = records;
  const rdata = record?.rdata;
  if (others.length > 0 || (rdata?.kind !== 'CNAME' && rdata?.kind !== 'DNAME')) return undefined;
  return rdata.target;
}

function denialOf(message: Message, question: Question, zone: Name): End | undefined {
  const { name, type } = question;
  const soa = message.authorities.find(
    record =>
      record.type === recordTypes.SOA && isSubdomain(name, record.name) && isSubdomain(record.name, zone),
  );
  if (soa?.rdata.kind !== 'SOA') return undefined;
  const doesNotExist = message.rcode === rcodes.NXDOMAIN;
  const proof = message.authorities.filter(
    record =>
      isProof(record) || (coveredType(record) === recordTypes.SOA && equalNames(record.name, soa.name)),
  );
  const ttl = Math.min(soa.ttl, soa.rdata.minimum);
  return { kind: 'denial', name, type: doesNotExist ? undefined : type, ttl, proof };
}

function readReferral(
  { authorities, additionals }: Message,
  { name, type }: Question,
  zone: Name,
): Finding | undefined {
  const delegated = authorities.find(
    record => record.type === recordTypes.NS && leadsDown(record.name, { from: zone, to: name }),
  )?.name;
  if (!delegated) return undefined;
  // Its DS records are the parent's own: who refers to the zone itself for them does not have them.
  if (type === recordTypes.DS && delegated.length === name.length) return undefined;
  const servers: NameServer[] = [];
  let ttl = Number.POSITIVE_INFINITY;
  for (const record of authorities) {
    if (record.rdata.kind !== 'NS' || !equalNames(record.name, delegated)) continue;
    if (servers.length === responseLimits.servers) break;
    const { target: nameserver } = record.rdata;
    ttl = Math.min(ttl, record.ttl);
    const addresses = isSubdomain(nameserver, zone) ? glueOf(additionals, nameserver) : [];
    servers.push({ name: nameserver, addresses });
  }
  return { kind: 'referral', zone: delegated, ttl, servers };
}

/** Whether `name` lies below `from`, and `to` at or below it. */
function leadsDown(name: Name, { from, to }: { from: Name; to: Name }): boolean {
  return name.length > from.length && isSubdomain(name, from) && isSubdomain(to, name);
}

export function glueOf(records: readonly ResourceRecord[], server: Name): NameServer['addresses'] {
  const addresses = [];
  for (const { name, rdata, class: rrClass } of records) {
    if (rdata.kind !== 'A' && rdata.kind !== 'AAAA') continue;
    if (rrClass !== recordClasses.IN || !equalNames(name, server)) continue;
    if (addresses.length === responseLimits.addressesPerServer) break;
    addresses.push(ipAddress(rdata.address));
  }
  return addresses;
}

/** The RRset of this name and type with its signatures; undefined when there is none. */
export function rrsetOf(
  from: readonly ResourceRecord[],
  name: Name,
  type: number,
  rrClass: number,
): RRset | undefined {
  const records: ResourceRecord[] = [];
  const signatures: ResourceRecord[] = [];
  let ttl = Number.POSITIVE_INFINITY;
  for (const record of from) {
    const isData = record.type === type;
    if (!isData && coveredType(record) !== type) continue;
    if (record.class !== rrClass || !equalNames(record.name, name)) continue;
    const set = isData ? records : signatures;
    set.push(record);
    ttl = Math.min(ttl, record.ttl);
  }
  return records.length === 0 ? undefined : { name, type, class: rrClass, ttl, records, signatures };
}

function isProof(record: ResourceRecord): boolean {
  const type = coveredType(record);
  return type === recordTypes.NSEC || type === recordTypes.NSEC3;
}

/** The record's type, or the type that it signs. */
function coveredType({ rdata, type }: ResourceRecord): number {
  return rdata.kind === 'RRSIG' ? rdata.typeCovered : type;
}
