/** For how long HTTP may keep a DNS answer (RFC 8484 section 5.1). Pure. */
import { rcodes } from '../../dns/rcode.ts';
import type { Reply } from '../reply.ts';

/**
 * Seconds: the least TTL of the answer section, and of a negative answer's SOA record what RFC 2308 section 5 makes of
 * it; 0 for what is no answer, such as SERVFAIL, or has nothing to go by.
 */
export function freshSeconds({ rcode, answers, authorities }: Reply): number {
  if (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) return 0;
  const ttls = answers.map(({ ttl }) => ttl);
  for (const { ttl, rdata } of authorities) if (rdata.kind === 'SOA') ttls.push(Math.min(ttl, rdata.minimum));
  return ttls.length === 0 ? 0 : Math.min(...ttls);
}
