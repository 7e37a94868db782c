/** Mail exchange (RFC 1035 section 3.3.9; a root exchange means no mail, RFC 7505). */
import { preferenceCodec } from './shapes/preference.ts';

export const mx = preferenceCodec('MX', 'both');
