import { resolverStatus, startResolverProcess } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { type Contender, cacheOctets } from './contender.ts';

/** The kit's resolver. Without a limit per client, as Unbound comes: a single client asks all. */
export const anycast: Contender = {
  name: 'anycast',
  summary: 'the kit’s resolver; QNAME minimisation, letter case drawn by chance, no limit per client',
  address: places.anycast,
  start: folder =>
    startResolverProcess(folder, ['clients: { rateLimit: off }', `cache: { maxBytes: ${cacheOctets} }`]),
  countRrsets: async () => (await resolverStatus()).rrsets.entries,
};
