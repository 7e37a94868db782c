/** A site of two nodes: one router shares its flows among two PoPs of anycast.yaml, as a rack of resolvers has them. */
import { defineTopology } from '../../../src/lab/topology.ts';

/**
 *      access ---- edge = fra-a
 *        |        /   \ = fra-b      edge has two equally good paths to the service
 *      client   ns-all
 */
export const twoNodes = defineTopology({
  name: 'two-nodes',
  summary: 'for tests: a site of two nodes that share its flows',
  networks: {
    edge: { role: 'regional', asn: 64501, index: 1, multipath: true },
    access: { role: 'access', asn: 64502, index: 2 },
  },
  relations: [{ customer: 'access', provider: 'edge' }],
  pops: { 'fra-a': { providers: ['edge'] }, 'fra-b': { providers: ['edge'] } },
  clients: { client: { network: 'access' } },
  nameservers: {
    'ns-all': {
      network: 'edge',
      zones: ['.', 'test.', 'plain.test.', 'probe.test.', 'many.test.', 'signed.test.', 'bogus.test.'],
    },
  },
  readyName: 'www.plain.test.',
});

/** The configuration that is deployed in it. */
export const twoNodesConfig = 'test/live/support/two-nodes.yaml';
