/** Canonical name (RFC 1035 section 3.3.1). */
import { targetCodec } from './shapes/target.ts';

export const cname = targetCodec('CNAME', 'both');
