/** Refuses what no resolver answers, before anything is looked up: EDNS versions, classes and types that have no answer. */
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Policy } from '../policy.ts';
import { emptyReply, type Reply } from '../reply.ts';

export const sanity: Policy = {
  name: 'sanity',
  stage: 'sanity',
  create: () => (query, next) => refusal(query.message.edns?.version ?? 0, query.question) ?? next(query),
};

function refusal(
  ednsVersion: number,
  question: { readonly type: number; readonly class: number },
): Reply | undefined {
  // RFC 6891 section 6.1.3: the OPT record of the reply then carries the highest version we speak, 0.
  if (ednsVersion > 0) return emptyReply(rcodes.BADVERS);
  if (question.class !== recordClasses.IN && question.class !== recordClasses.CH)
    return emptyReply(rcodes.REFUSED);
  if (question.type === 0 || question.type === recordTypes.OPT) return emptyReply(rcodes.FORMERR);
  // Zone transfers are for an authoritative server, and its own kind of refusal (RFC 5936 section 2.2.1).
  if (question.type === recordTypes.AXFR || question.type === recordTypes.IXFR)
    return emptyReply(rcodes.REFUSED);
  if (isMeta(question.type)) return emptyReply(rcodes.NOTIMP, 'notSupported');
  return undefined;
}

/** RFC 6895 section 3.1: 128 to 255 are for questions and transactions, never data. ANY has a policy of its own. */
function isMeta(type: number): boolean {
  return type >= 128 && type <= 255 && type !== recordTypes.ANY;
}
