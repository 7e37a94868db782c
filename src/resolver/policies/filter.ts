/**
 * Applies block lists and response policy zones: to the question where it decides, else to the reply, aliases included.
 *
 * Whoever asks is told why (RFC 8914 sections 4.16 to 4.18). It applies to queries with DO too: else every client could ask
 * his way past it. What is refused or made up here is never kept by the cache, which is behind this.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import { equalNames, type Name, parentName, replaceAncestor, rootName } from '../../dns/name.ts';
import { extendedErrorOption, extendedErrors } from '../../dns/options/extended-error.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { clientOctets } from '../names/client-octets.ts';
import { judgeQuestion, judgeReply, type Verdict } from '../names/filters/verdict.ts';
import { followAlias } from '../names/follow-alias.ts';
import type { NameCounters } from '../names/name-counters.ts';
import {
  type ClientQuery,
  type Next,
  type Outcome,
  type Policy,
  type PolicyHandler,
  type PolicyServices,
  passThrough,
} from '../policy.ts';
import { askOverTcp, emptyReply, type Reply, silence, withOption } from '../reply.ts';
import { localRecords } from './local-records.ts';
import { steered } from './steered.ts';

export const filter: Policy = {
  name: 'filter',
  stage: 'names',
  create: (slice, services) => {
    const { filters, counters } = services.names;
    const { blockLists, rpz } = slice.config.resolver.names;
    if (blockLists.length + rpz.length === 0) return passThrough;
    // A list has no aliases that could lead there.
    const own = rpz.length > 0 ? ownRecords(slice, services) : passThrough;
    return (query, next) => {
      const { zones } = filters;
      const { question, client } = query;
      if (question.class !== recordClasses.IN) return next(query);
      let octets: Uint8Array | undefined;
      const clientAddress = (): Uint8Array => {
        octets ??= clientOctets(client.address);
        return octets;
      };
      const verdict = judgeQuestion(zones, question, clientAddress);
      if (verdict && verdict !== 'undecided') return apply(verdict, { query, next, own, counters });
      const judge = (reply: Reply): Outcome => {
        if (reply.isSilence) return reply;
        const late = judgeReply(zones, reply, { question, client: clientAddress });
        return late ? apply(late, { query, next, own, counters, reply }) : reply;
      };
      const outcome = next(query);
      return outcome instanceof Promise ? outcome.then(judge) : judge(outcome);
    };
  },
};

/**
 * What the policies before this one answer: an alias of a policy zone may lead to the operator's own names ("you have been
 * blocked, and here is why").
 */
function ownRecords(slice: PopSlice, services: PolicyServices): PolicyHandler {
  const records = localRecords.create(slice, services);
  const addresses = steered.create(slice, services);
  return (query, next) => records(query, asked => addresses(asked, next));
}

interface Judged {
  readonly query: ClientQuery;
  readonly next: Next;
  readonly own: PolicyHandler;
  readonly counters: NameCounters;
  /** Where it is there already. */
  readonly reply?: Reply;
}

function apply(verdict: Verdict, judged: Judged): Outcome {
  const { action, reason, chain } = verdict;
  const { query, next, counters } = judged;
  counters.filtered[action.kind] += 1;
  const refuse = (rcode: number): Reply => ({ ...emptyReply(rcode, reason), answers: chain });
  const asItIs = (): Outcome => judged.reply ?? next(query);
  switch (action.kind) {
    case 'nxdomain':
      return refuse(rcodes.NXDOMAIN);
    case 'nodata':
      return refuse(rcodes.NOERROR);
    case 'refused':
      return emptyReply(rcodes.REFUSED, reason);
    case 'drop':
      return silence;
    case 'tcpOnly':
      return query.client.transport === 'udp' ? askOverTcp : asItIs();
    case 'pass':
      return asItIs();
    case 'localData':
      return localData(action.records, verdict, judged);
    default:
      return action satisfies never;
  }
}

/** The records of the policy in place of the name's own; an alias of the policy is followed. */
function localData(
  records: readonly ResourceRecord[],
  { name, chain, reason }: Verdict,
  { query, next, own }: Judged,
): Outcome {
  const { type } = query.question;
  const explain = (reply: Reply): Reply =>
    withOption(reply, extendedErrorOption({ infoCode: extendedErrors[reason], text: '' }));
  const [alias] = records;
  if (alias?.rdata.kind !== 'CNAME') {
    const found = records.filter(record => record.type === type).map(record => ({ ...record, name }));
    return explain({ ...emptyReply(rcodes.NOERROR), answers: [...chain, ...found] });
  }
  const target = targetFor(name, alias.rdata.target);
  // RFC 6672 section 2.2 has the same case: a name that would be too long.
  if (!target) return explain(emptyReply(rcodes.YXDOMAIN));
  // An alias to itself would go round; what it is an alias of is asked behind this policy, once.
  if (equalNames(target, name)) return explain({ ...emptyReply(rcodes.NOERROR), answers: chain });
  const record = { ...alias, name, rdata: { kind: 'CNAME', target } } as const;
  if (type === recordTypes.CNAME)
    return explain({ ...emptyReply(rcodes.NOERROR), answers: [...chain, record] });
  const outcome = followAlias(query, [...chain, record], {
    target,
    next: asked => own(asked, next),
    authoritative: false,
  });
  return outcome instanceof Promise ? outcome.then(explain) : explain(outcome);
}

/** Draft section 3.6: `CNAME *.garden.example` leads `www.bad.example` to `www.bad.example.garden.example`. */
function targetFor(name: Name, target: Name): Name | undefined {
  const isWildcard = target[0] === 1 && target[1] === 0x2a;
  return isWildcard ? replaceAncestor(name, rootName, parentName(target) ?? rootName) : target;
}
