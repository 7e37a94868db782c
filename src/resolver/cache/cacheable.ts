/** How long a reply may be kept, and with which TTLs it is given (RFC 2181 section 5.2, RFC 2308 section 5). */
import type { ResolverConfig } from '../../config/anycast-config.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { Reply } from '../reply.ts';

export interface TtlLimits {
  readonly minSeconds: number;
  readonly maxSeconds: number;
  readonly maxNegativeSeconds: number;
}

type TtlKeys = Pick<ResolverConfig['cache'], 'minTtl' | 'maxTtl' | 'maxNegativeTtl'>;

export function ttlLimits({ minTtl = 0, maxTtl, maxNegativeTtl }: TtlKeys): TtlLimits {
  return {
    minSeconds: Math.floor(minTtl / 1000),
    maxSeconds: Math.floor(maxTtl / 1000),
    maxNegativeSeconds: Math.floor(maxNegativeTtl / 1000),
  };
}

/** How long an answer may be kept past its end. */
export function staleMsOf({ serveStale }: Pick<ResolverConfig['cache'], 'serveStale'>): number {
  return serveStale === 'off' ? 0 : serveStale.upTo;
}

/**
 * The reply with its TTLs inside the limits, and the seconds it may be kept: the least TTL in it.
 * A denial lasts as its SOA record says, the lesser of the record's TTL and its MINIMUM; what has neither answers nor a
 * SOA record is not kept. `reply` is scrubbed: a SOA record in its authority section means that it denies something.
 */
export function cacheable(reply: Reply, limits: TtlLimits): { reply: Reply; ttlSeconds: number } {
  const denialSeconds = negativeTtl(reply, limits);
  const isKept =
    (reply.rcode === rcodes.NOERROR && (reply.answers.length > 0 || denialSeconds !== undefined)) ||
    (reply.rcode === rcodes.NXDOMAIN && denialSeconds !== undefined);
  const answers = reply.answers.map(record =>
    withTtl(record, Math.min(Math.max(record.ttl, limits.minSeconds), limits.maxSeconds)),
  );
  // RFC 9077: the proofs of a denial last no longer than the denial.
  const authorities = reply.authorities.map(record =>
    withTtl(record, Math.min(record.ttl, denialSeconds ?? limits.maxSeconds)),
  );
  const ttlSeconds = isKept ? Math.min(...[...answers, ...authorities].map(record => record.ttl)) : 0;
  return { reply: { ...reply, answers, authorities }, ttlSeconds };
}

/** Undefined when the reply carries no SOA record. */
function negativeTtl(reply: Reply, limits: TtlLimits): number | undefined {
  for (const { rdata, ttl } of reply.authorities) {
    if (rdata.kind === 'SOA') return Math.min(ttl, rdata.minimum, limits.maxNegativeSeconds);
  }
  return undefined;
}

function withTtl(record: ResourceRecord, ttl: number): ResourceRecord {
  return ttl === record.ttl ? record : { ...record, ttl };
}
