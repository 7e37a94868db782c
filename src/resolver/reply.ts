/** A reply as policies see it: what is answered, without id, question and sizes, which belong to the client's message. */
import type { EdnsOption } from '../dns/edns.ts';
import type { ResourceRecord } from '../dns/message.ts';
import type { Name } from '../dns/name.ts';
import { extendedErrorOption, extendedErrors } from '../dns/options/extended-error.ts';
import { rcodes } from '../dns/rcode.ts';

export interface Reply {
  readonly rcode: number;
  /** The AA bit: set only for what this resolver is itself the source of. */
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Sent to clients that speak EDNS. */
  readonly options: readonly EdnsOption[];
  /** Where it comes from; absent: this resolver made it, from its configuration or for want of an answer. */
  readonly origin?: 'cache' | 'stale' | 'resolved';
  /** Whole and as its servers gave it, so that the cache may keep it. */
  readonly isCacheable?: true;
  /** The name servers of the zone that the answer comes from, where they are known: policies may go by them. */
  readonly nameservers?: readonly Name[];
  /** Nothing is sent at all. */
  readonly isSilence?: true;
  /** The TC bit on what is complete as it stands: the client is to ask over TCP. */
  readonly isTruncated?: true;
}

/** No reply. Who looks at it all the same sees a failure, so that nobody takes it for an answer without records. */
export const silence: Reply = {
  rcode: rcodes.SERVFAIL,
  authoritative: false,
  answers: [],
  authorities: [],
  options: [],
  isSilence: true,
};

/** "Ask over TCP", and nothing else. */
export const askOverTcp: Reply = {
  rcode: rcodes.NOERROR,
  authoritative: false,
  answers: [],
  authorities: [],
  options: [],
  isTruncated: true,
};

/** A reply without records, with its reason as an extended error (RFC 8914) when one fits. */
export function emptyReply(rcode: number, reason?: keyof typeof extendedErrors): Reply {
  const options =
    reason === undefined ? [] : [extendedErrorOption({ infoCode: extendedErrors[reason], text: '' })];
  return { rcode, authoritative: false, answers: [], authorities: [], options };
}

/** The same reply with one more EDNS option. */
export function withOption(reply: Reply, option: EdnsOption): Reply {
  return { ...reply, options: [...reply.options, option] };
}
