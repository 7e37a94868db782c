/** Name server (RFC 1035 section 3.3.11). */
import { targetCodec } from './shapes/target.ts';

export const ns = targetCodec('NS', 'both');
