/** Route through (RFC 1183 section 3.3). */
import { preferenceCodec } from './shapes/preference.ts';

export const rt = preferenceCodec('RT', 'read');
