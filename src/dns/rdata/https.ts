/** Service binding for HTTP (RFC 9460 section 9). */
import { serviceCodec } from './shapes/service.ts';

export const https = serviceCodec('HTTPS');
