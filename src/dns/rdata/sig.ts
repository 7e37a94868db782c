/** Transaction signature SIG(0) (RFC 2931), once over RRsets (RFC 2535 section 4.1). Read, passed on, never verified. */
import { signatureCodec } from './shapes/signature.ts';

export const sig = signatureCodec('SIG', 'read');
