/** Signature over an RRset (RFC 4034 section 3.1; compression is forbidden by 3.1.7). */
import { signatureCodec } from './shapes/signature.ts';

export const rrsig = signatureCodec('RRSIG', 'never');
