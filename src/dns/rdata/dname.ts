/** Redirection of everything below a name (RFC 6672 section 2.1, which forbids compression). */
import { targetCodec } from './shapes/target.ts';

export const dname = targetCodec('DNAME', 'never');
