/** Responsible person (RFC 1183 section 2.2). */
import { namePairCodec } from './shapes/name-pair.ts';

export const rp = namePairCodec('RP', 'read');
