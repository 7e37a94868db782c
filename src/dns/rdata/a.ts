/** IPv4 address (RFC 1035 section 3.4.1). */
import { addressCodec } from './shapes/address.ts';

export const a = addressCodec('A', 4);
