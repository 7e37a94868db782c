/** What the query path counts: plain numbers, bumped in place and read by `/metrics` and `status`. */
import { rcodeName, rcodes } from '../dns/rcode.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { costs, type Limit } from './work-budget.ts';

export const transports = ['udp', 'tcp', 'dot', 'doh'] as const;
export type Transport = (typeof transports)[number];

export const cacheOutcomes = ['hit', 'negative', 'miss'] as const;
export type CacheOutcome = (typeof cacheOutcomes)[number];

export const limits: readonly Limit[] = [...costs, 'time'];

export const upstreamOutcomes = [
  'answered', // an answer that was used
  'refused', // an rcode, or a referral, that no client can use
  'unreachable', // no socket, no route, connection refused
  'late', // no answer within upstreamTimeout
  'mismatched', // octets that were not the answer to our question: ignored, and the wait went on
  'shed', // not sent: too many queries were under way
  'unasked', // not sent: every upstream of the zone is gone, and another question is looking whether one is back
] as const;
export type UpstreamOutcome = (typeof upstreamOutcomes)[number];

/** The rcodes this resolver can reply with that have a label of their own; others count as `other`. */
export const replyCodes = [
  rcodes.NOERROR,
  rcodes.FORMERR,
  rcodes.SERVFAIL,
  rcodes.NXDOMAIN,
  rcodes.NOTIMP,
  rcodes.REFUSED,
  rcodes.YXDOMAIN,
  rcodes.BADVERS,
  rcodes.BADCOOKIE,
].map(rcode => ({ rcode, label: rcodeName(rcode) }));

export interface ResolverCounters {
  readonly queries: Record<Transport, number>;
  /** Queries that came to a service address from somewhere other than our own addresses. */
  clientQueries: number;
  /** Replies sent, by rcode. */
  readonly replies: Map<number, number>;
  /** Octets that got no reply: too short, or responses themselves. */
  ignored: number;
  /** Policies that threw: a fault of ours. */
  faults: number;
  readonly cache: Record<CacheOutcome, number>;
  readonly upstream: Record<UpstreamOutcome, number>;
  /** Queries answered SERVFAIL because the question had just failed (RFC 9520). */
  rememberedFailures: number;
  /** Client queries that joined a question already under way. */
  coalesced: number;
  /** Queries answered SERVFAIL because resolving them would cost too much, by the limit they ran into. */
  readonly exhausted: Record<Limit, number>;
  /** TCP connections refused because of a cap. */
  refusedConnections: number;
  readonly latency: LatencyHistogram;
}

export function createCounters(): ResolverCounters {
  return {
    queries: zeroes(transports),
    clientQueries: 0,
    replies: new Map(replyCodes.map(({ rcode }) => [rcode, 0])),
    ignored: 0,
    faults: 0,
    cache: zeroes(cacheOutcomes),
    upstream: zeroes(upstreamOutcomes),
    rememberedFailures: 0,
    coalesced: 0,
    exhausted: zeroes(limits),
    refusedConnections: 0,
    latency: new LatencyHistogram(),
  };
}

/** Counts a reply under its rcode, or under -1 when that has no label. */
export function countReply(counters: ResolverCounters, rcode: number): void {
  const count = counters.replies.get(rcode);
  if (count === undefined) counters.replies.set(-1, (counters.replies.get(-1) ?? 0) + 1);
  else counters.replies.set(rcode, count + 1);
}

function zeroes<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map(key => [key, 0])) as Record<Key, number>;
}
