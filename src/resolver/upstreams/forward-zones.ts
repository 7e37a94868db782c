/** Which upstreams are asked for a name: the longest zone that holds it. */
import type { Question } from '../../dns/message.ts';
import { type Name, nameKey, parentName } from '../../dns/name.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Upstream } from './upstream.ts';

export interface ForwardZone {
  readonly name: Name;
  readonly upstreams: readonly Upstream[];
}

/** Gives the look-up: undefined for a question that no zone holds. Later zones of one name replace earlier ones. */
export function forwardZones<Zone extends Pick<ForwardZone, 'name'>>(
  zones: readonly Zone[],
): (question: Pick<Question, 'name' | 'type'>) => Zone | undefined {
  const byName = new Map(zones.map(zone => [nameKey(zone.name), zone]));
  if (byName.size === 0) return () => undefined;
  return ({ name, type }) => {
    // The DS records of a zone are its parent's to give (RFC 4035 section 3.1.4.1).
    const from: Name = type === recordTypes.DS ? (parentName(name) ?? name) : name;
    const key = nameKey(from);
    // The keys of the names above are its tails, down to that of the root.
    for (let at = 0; at < from.length; at += 1 + (from[at] ?? 0)) {
      const zone = byName.get(key.slice(at));
      if (zone) return zone;
    }
    return undefined;
  };
}
