/**
 * The standard lab: a PoP, a regional ISP and an access ISP with a client on each of three continents, two transit
 * networks above them, and a hosting network with every nameserver of a closed DNS universe.
 *
 *          transit-a ======= transit-b           == peers      each regional ISP and hosting buy from both transits
 *          /    |    \       /   |   \
 *     isp-eu ===== isp-na ===== isp-as   hosting
 *      /   \        /  \        /   \       |  \  \
 *    fra  access  nyc  access  sin  access  ns-root ns-tld ns-leaf
 *          |            |            |
 *      client-eu    client-na    client-as
 *
 * The two peerings make every move of a catchment deterministic: clients of a sick fra and of a sick sin go to nyc over a
 * peering (a peer's route is preferred to a provider's), those of a sick nyc have two peers to choose from at equal path
 * length and take the lower router id, fra. When both neighbours are sick, a transit network carries them around.
 *
 * Delays are about a tenth of the real ones, so that what a drill measures is convergence and not distance.
 */
import { defineTopology } from '../topology.ts';

export const threeContinents = defineTopology({
  name: 'three-continents',
  summary: 'three PoPs, three regional and three access ISPs, two transits, a root, a TLD and leaf zones',
  networks: {
    'isp-eu': { role: 'regional', asn: 64501, index: 1 },
    'isp-na': { role: 'regional', asn: 64502, index: 2 },
    'isp-as': { role: 'regional', asn: 64503, index: 3 },
    'access-eu': { role: 'access', asn: 64504, index: 4 },
    'access-na': { role: 'access', asn: 64505, index: 5 },
    'access-as': { role: 'access', asn: 64506, index: 6 },
    hosting: { role: 'hosting', asn: 64507, index: 7 },
    'transit-a': { role: 'transit', asn: 64496, index: 10 },
    'transit-b': { role: 'transit', asn: 64497, index: 11 },
  },
  relations: [
    { customer: 'access-eu', provider: 'isp-eu' },
    { customer: 'access-na', provider: 'isp-na' },
    { customer: 'access-as', provider: 'isp-as' },
    { customer: 'isp-eu', provider: 'transit-a', delayMs: 1 },
    { customer: 'isp-na', provider: 'transit-a', delayMs: 3 },
    { customer: 'isp-as', provider: 'transit-a', delayMs: 6 },
    { customer: 'isp-eu', provider: 'transit-b', delayMs: 3 },
    { customer: 'isp-na', provider: 'transit-b', delayMs: 1 },
    { customer: 'isp-as', provider: 'transit-b', delayMs: 6 },
    { customer: 'hosting', provider: 'transit-a', delayMs: 1 },
    { customer: 'hosting', provider: 'transit-b', delayMs: 1 },
    { peers: ['isp-eu', 'isp-na'], delayMs: 4 },
    { peers: ['isp-na', 'isp-as'], delayMs: 6 },
    { peers: ['transit-a', 'transit-b'], delayMs: 1 },
  ],
  pops: {
    fra: { providers: ['isp-eu'] },
    nyc: { providers: ['isp-na'] },
    sin: { providers: ['isp-as'] },
  },
  clients: {
    'client-eu': { network: 'access-eu' },
    'client-na': { network: 'access-na' },
    'client-as': { network: 'access-as' },
  },
  nameservers: {
    'ns-root': { network: 'hosting', zones: ['.'] },
    'ns-tld': { network: 'hosting', zones: ['test.'] },
    'ns-leaf': {
      network: 'hosting',
      zones: ['plain.test.', 'probe.test.', 'many.test.', 'signed.test.', 'bogus.test.'],
    },
  },
  readyName: 'www.plain.test.',
});
