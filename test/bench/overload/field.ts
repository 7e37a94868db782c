/** What an overload is made of: names that are cached, where they are asked for, and who asks. Pure. */
import { type FloodQuery, floodSources } from '../universe/flood.ts';
import { type Host, hostOf, places, type UniverseShape } from '../universe/zones.ts';

export const shape: UniverseShape = { zones: 40, hostsPerZone: 50, ttlSeconds: 86_400 };
export const hosts: readonly Host[] = Array.from({ length: shape.zones * shape.hostsPerZone }, (_, index) =>
  hostOf(shape, index),
);

/** One query in so many comes from one and the same address, which asks more than it may. */
const queriesPerGreedy = 16;

/** More than there are hosts, so that each is asked for from several addresses. */
const queries = 16_384;

/**
 * All hosts asked for, from so many addresses that none of them, and no network that they lie in, asks more than it may where
 * the limits are as they come, but one.
 */
export function floodQueries(): FloodQuery[] {
  return Array.from({ length: queries }, (_, index) => ({
    name: (hosts[(index * 31) % hosts.length] ?? hostOf(shape, 0)).name,
    server: places.service,
    source: index % queriesPerGreedy === 0 ? 0 : 1 + ((index * 7919) % (floodSources - 1)),
  }));
}
