import { coresFor } from '../universe/namespace.ts';
import { resolverStatus, startResolverProcess } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { type Contender, cacheOctets } from './contender.ts';

/** The kit's resolver. Without a limit per client, as Unbound comes: a single client asks all. */
export const anycast: Contender = withWorkers({
  name: 'anycast',
  summary: 'the kit’s resolver; QNAME minimisation, letter case drawn by chance, no limit per client',
  workers: 1,
});

export const anycastWithTwo: Contender = withWorkers({
  name: 'anycast-2',
  summary: 'the same with workers: 2, on both processors',
  workers: 2,
});

function withWorkers(of: Pick<Contender, 'name' | 'summary' | 'workers'>): Contender {
  const { workers } = of;
  const own = workers === 1 ? [] : [`workers: ${workers}`];
  return {
    ...of,
    address: places.anycast,
    start: folder =>
      startResolverProcess(
        folder,
        ['clients: { rateLimit: off }', `cache: { maxBytes: ${cacheOctets} }`, ...own],
        { cores: coresFor(workers) },
      ),
    countRrsets: async () => (await resolverStatus()).rrsets.entries,
  };
}
