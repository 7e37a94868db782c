/** Pointer to another name (RFC 1035 section 3.3.12). */
import { targetCodec } from './shapes/target.ts';

export const ptr = targetCodec('PTR', 'both');
