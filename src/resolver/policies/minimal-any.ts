/** Answers ANY with one small record (RFC 8482 section 4.2): the whole of a name is worth more to a reflector than to a client. */
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Policy } from '../policy.ts';
import { emptyReply } from '../reply.ts';

/** Seconds; RFC 8482 section 7 leaves it to us: an hour spares the client nothing it would use sooner. */
const ttl = 3600;

/** HINFO RDATA, two character strings: CPU "RFC8482", OS empty. */
const octets = Uint8Array.of(7, ...new TextEncoder().encode('RFC8482'), 0);

export const minimalAny: Policy = {
  name: 'minimal-any',
  stage: 'local',
  create: () => (query, next) => {
    const { name, type } = query.question;
    if (type !== recordTypes.ANY) return next(query);
    const rdata = { kind: 'opaque', octets } as const;
    const record = { name, type: recordTypes.HINFO, class: recordClasses.IN, ttl, rdata };
    return { ...emptyReply(rcodes.NOERROR), answers: [record] };
  },
};
