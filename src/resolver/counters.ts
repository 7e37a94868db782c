/**
 * What the parts of the query path count: plain numbers, bumped in place and read by `/metrics` and `status`. What can be
 * counted of every query and reply alike, from outside the pipeline, is in `traffic.ts`.
 */
import { Traffic } from './traffic.ts';
import { costs, type Limit } from './work-budget.ts';

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

export interface DnstapCounters {
  /** Messages handed to the reader or the file. */
  written: number;
  /** Messages thrown away because the reader was slow or gone, or the file could not be written. */
  dropped: number;
  /** Times the reader was found, or the file opened. */
  connects: number;
}

export interface ResolverCounters {
  readonly traffic: Traffic;
  /** Queries that came to a service address from somewhere other than our own addresses. */
  clientQueries: number;
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
  readonly dnstap: DnstapCounters;
  /** TCP connections refused because of a cap. */
  refusedConnections: number;
}

export function createCounters(): ResolverCounters {
  return {
    traffic: new Traffic(),
    clientQueries: 0,
    ignored: 0,
    faults: 0,
    cache: zeroes(cacheOutcomes),
    upstream: zeroes(upstreamOutcomes),
    rememberedFailures: 0,
    coalesced: 0,
    exhausted: zeroes(limits),
    dnstap: { written: 0, dropped: 0, connects: 0 },
    refusedConnections: 0,
  };
}

function zeroes<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map(key => [key, 0])) as Record<Key, number>;
}
