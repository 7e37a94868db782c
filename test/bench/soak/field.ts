/** What the soak's clients meet: the DNS behind the resolver, its ports, and zones whose servers are not as they should be. Pure. */
import { places, type UniverseShape } from '../universe/zones.ts';

export const ports = { dns: 53, dot: 853, doh: 443 } as const;

/** What is wrong with each zone of the hostile server; `hostile-server.ts` is told by the label which to play. */
export const hostileZones = ['lame', 'silent', 'slow', 'nxns', 'huge', 'garbage', 'loop'] as const;
export type HostileZone = (typeof hostileZones)[number];

/** TTLs are short, so that names known already have to be asked for again and again. */
export const shape: UniverseShape = {
  zones: 200,
  hostsPerZone: 100,
  ttlSeconds: 30,
  delegations: hostileZones.flatMap(zone => [`${zone} NS ns1.${zone}`, `ns1.${zone} A ${places.hostile}`]),
};

/** So many addresses of 198.19.`network`.0/24. */
export function addressesIn(network: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `198.19.${network}.${index + 1}`);
}

export function randomLabel(): string {
  return `x${Math.random().toString(36).slice(2)}`;
}
