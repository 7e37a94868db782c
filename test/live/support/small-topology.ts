/** A lab without PoPs, quick to build: every kind of preference between routes has one prefix that shows it. */
import { defineTopology } from '../../../src/lab/topology.ts';

/**
 *        top            top sells to west, east and hosting; east to mid; mid to hosting
 *      /  |  \
 *  west = east \        = peers, as are east and hosting
 *         |  \\ \
 *        mid - hosting
 *
 * East reaches hosting by its customer mid or, shorter, by its peer hosting; west by its peer east or, shorter, by its
 * provider top.
 */
export const smallTopology = defineTopology({
  name: 'small',
  summary: 'for tests: no PoPs',
  networks: {
    west: { role: 'regional', asn: 64501, index: 1 },
    east: { role: 'regional', asn: 64502, index: 2 },
    mid: { role: 'access', asn: 64503, index: 3 },
    hosting: { role: 'hosting', asn: 64507, index: 7 },
    top: { role: 'transit', asn: 64496, index: 10 },
  },
  relations: [
    { customer: 'west', provider: 'top', delayMs: 1 },
    { customer: 'east', provider: 'top' },
    { customer: 'hosting', provider: 'top' },
    { customer: 'mid', provider: 'east' },
    { customer: 'hosting', provider: 'mid' },
    { peers: ['west', 'east'] },
    { peers: ['east', 'hosting'] },
  ],
  pops: {},
  clients: { client: { network: 'west' } },
  nameservers: {
    'ns-root': { network: 'hosting', zones: ['.', 'test.'] },
    'ns-leaf': {
      network: 'hosting',
      zones: ['plain.test.', 'probe.test.', 'many.test.', 'signed.test.', 'bogus.test.'],
    },
  },
  readyName: 'www.plain.test.',
});
