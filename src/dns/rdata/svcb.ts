/** Service binding, for any protocol (RFC 9460 section 2). */
import { serviceCodec } from './shapes/service.ts';

export const svcb = serviceCodec('SVCB');
