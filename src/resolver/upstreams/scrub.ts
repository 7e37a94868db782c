/**
 * What of an upstream's answer is kept: the records that answer the question, and nothing that was not asked for.
 *
 * Answers are those of the question's own CNAME chain, with their signatures and the DNAME records that made it. Of the
 * authority section only what proves something remains: the SOA record of a denial (RFC 2308), and NSEC, NSEC3 and their
 * signatures. The additional section goes. Extra records are how caches are poisoned; the client never needed them.
 */
import type { Message, Question, ResourceRecord } from '../../dns/message.ts';
import { equalNames, isSubdomain, type Name } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Reply } from '../reply.ts';

/** Names in a CNAME chain; Unbound follows 11, Knot Resolver 13. Longer ones are cut, which a client sees as no answer. */
const chainLimit = 12;

/** The rcodes that say something about the name; all others say something about the server that gave them. */
const useful: ReadonlySet<number> = new Set([rcodes.NOERROR, rcodes.NXDOMAIN, rcodes.YXDOMAIN]);

/** The reply a client may get, or undefined when this answer is of no use and another upstream should be asked. */
export function scrub(question: Question, message: Message): Reply | undefined {
  if (!useful.has(message.rcode)) return undefined;
  const chain = aliasChain(question, message.answers);
  const answers = message.answers.filter(record => belongs(record, question, chain));
  const last = chain.at(-1) ?? question.name;
  const isAnswered = answers.some(record => record.type === question.type && equalNames(record.name, last));
  const denies = message.rcode === rcodes.NXDOMAIN || !isAnswered;
  const authorities = message.authorities.filter(record => proves(record, last, denies));
  // NOERROR without answer or SOA record, but with NS records, points at other servers: there is no answer here.
  const isReferral =
    message.rcode === rcodes.NOERROR &&
    answers.length === 0 &&
    !authorities.some(isSoa) &&
    message.authorities.some(record => record.type === recordTypes.NS);
  if (isReferral) return undefined;
  return {
    rcode: message.rcode,
    authoritative: false,
    answers,
    authorities,
    options: [],
    origin: 'resolved',
    isCacheable: true,
  };
}

/** The question's name and what it is an alias of, in order; never a name twice. */
function aliasChain(question: Question, answers: readonly ResourceRecord[]): Name[] {
  const chain: Name[] = [question.name];
  if (question.type === recordTypes.CNAME) return chain;
  for (let at: Name = question.name; chain.length < chainLimit; ) {
    const alias = answers.find(({ rdata, name }) => rdata.kind === 'CNAME' && equalNames(name, at));
    if (alias?.rdata.kind !== 'CNAME') break;
    const { target } = alias.rdata;
    if (chain.some(name => equalNames(name, target))) break;
    chain.push(target);
    at = target;
  }
  return chain;
}

function belongs(record: ResourceRecord, question: Question, chain: readonly Name[]): boolean {
  if (record.class !== question.class) return false;
  const type = record.rdata.kind === 'RRSIG' ? record.rdata.typeCovered : record.type;
  // A DNAME record owns an ancestor of the name that it redirects (RFC 6672 section 2.3).
  if (type === recordTypes.DNAME && chain.some(name => isSubdomain(name, record.name))) return true;
  const isWanted = type === question.type || type === recordTypes.CNAME || record.type === question.type;
  return isWanted && chain.some(name => equalNames(name, record.name));
}

function proves(record: ResourceRecord, name: Name, denies: boolean): boolean {
  const type = record.rdata.kind === 'RRSIG' ? record.rdata.typeCovered : record.type;
  if (type === recordTypes.SOA) return denies && isSubdomain(name, record.name);
  return type === recordTypes.NSEC || type === recordTypes.NSEC3;
}

function isSoa(record: ResourceRecord): boolean {
  return record.type === recordTypes.SOA;
}
