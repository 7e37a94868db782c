/** The reply that a chain of look-ups amounts to; pure. */
import type { ResourceRecord } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import type { RRset } from '../cache/rrset.ts';
import type { Reply } from '../reply.ts';
import type { AnswerFinding } from './response.ts';

/** What a look-up found. */
export type Found = AnswerFinding | Failure;

export interface Failure {
  readonly kind: 'failure';
  /** What a client is told: nobody could be reached, or somebody was and could not answer (RFC 8914). */
  readonly reason: 'noReachableAuthority' | 'networkError';
  /** It had to do with who wanted to know, not with the name: what he had used up, or whom he waited for. */
  readonly isAskers: boolean;
}

/** What came before, and where it ended: in a look-up, or in a forward zone. */
export interface Chain {
  readonly chain: readonly RRset[];
  readonly end?: AnswerFinding['end'];
  readonly proof: AnswerFinding['proof'];
  readonly forwarded?: Reply;
  /** Of the zone that it ended in. */
  readonly nameservers?: readonly Name[];
}

const signatureTypes: ReadonlySet<number> = new Set([recordTypes.RRSIG, recordTypes.NSEC, recordTypes.NSEC3]);

/** Signatures and proofs only for a client that asked for them (RFC 4035 section 3.2.1). */
export function foundReply(
  { chain, end, proof, forwarded, nameservers = [] }: Chain,
  { dnssecOk }: AnswerFlags,
): Reply {
  const rrsets = end?.kind === 'data' ? [...chain, end.rrset] : chain;
  const answers = rrsets.flatMap(({ records, signatures }) =>
    dnssecOk ? [...records, ...signatures] : records,
  );
  const authorities = end?.kind === 'denial' ? [...proof, ...end.proof] : proof;
  const wanted = (record: ResourceRecord): boolean => dnssecOk || !signatureTypes.has(record.type);
  if (forwarded)
    return {
      ...forwarded,
      answers: [...answers, ...forwarded.answers],
      authorities: [...authorities.filter(wanted), ...forwarded.authorities],
    };
  return {
    rcode: rcodeOf(end),
    authoritative: false,
    answers,
    authorities: authorities.filter(wanted),
    options: [],
    origin: 'resolved',
    nameservers,
    isCacheable: true,
  };
}

function rcodeOf(end: AnswerFinding['end'] | undefined): number {
  if (end?.kind === 'too-long') return rcodes.YXDOMAIN;
  return end?.kind === 'denial' && end.type === undefined ? rcodes.NXDOMAIN : rcodes.NOERROR;
}
