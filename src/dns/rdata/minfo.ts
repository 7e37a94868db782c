/** Mailbox or mail list information (RFC 1035 section 3.3.7). */
import { namePairCodec } from './shapes/name-pair.ts';

export const minfo = namePairCodec('MINFO', 'both');
