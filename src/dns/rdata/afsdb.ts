/** AFS database server (RFC 1183 section 1). */
import { preferenceCodec } from './shapes/preference.ts';

export const afsdb = preferenceCodec('AFSDB', 'read');
