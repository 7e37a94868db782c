/** Refuses queries without RD: answering them from the cache would tell any client what the others have asked. */
import { rcodes } from '../../dns/rcode.ts';
import type { Policy } from '../policy.ts';
import { emptyReply } from '../reply.ts';

export const recursionDesired: Policy = {
  name: 'recursion-desired',
  stage: 'local',
  // RFC 8914 section 4.21 names the extended error for just this.
  create: () => (query, next) =>
    query.message.flags.rd ? next(query) : emptyReply(rcodes.REFUSED, 'notAuthoritative'),
};
