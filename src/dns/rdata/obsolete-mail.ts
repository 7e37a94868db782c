/**
 * The mail types that MX replaced (RFC 1035 sections 3.3.3 to 3.3.8), in one file since nobody will look for one of
 * them. They are here because their names may be compressed: passed on as octets, such a record would be garbage.
 */
import { targetCodec } from './shapes/target.ts';

export const mb = targetCodec('MB', 'both');
export const md = targetCodec('MD', 'both');
export const mf = targetCodec('MF', 'both');
export const mg = targetCodec('MG', 'both');
export const mr = targetCodec('MR', 'both');
