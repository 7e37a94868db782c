/** IPv6 address (RFC 3596 section 2.2). */
import { addressCodec } from './shapes/address.ts';

export const aaaa = addressCodec('AAAA', 16);
