/** Which questions are asked of others than before, after the configuration has changed. */
import type { ResolverConfig } from '../../config/anycast-config.ts';
import type { Question } from '../../dns/message.ts';
import { parseName, rootName } from '../../dns/name.ts';
import { forwardZones } from './forward-zones.ts';

/** What decides where answers come from. */
type Sources = Pick<ResolverConfig, 'forward' | 'recursion'>;

export interface ZoneChanges {
  /** Zones that were added, removed, or are asked of others; `.` when recursion itself has changed. */
  readonly zones: readonly string[];
  /** Whether the answer to this question comes from others than before. */
  isChanged(question: Pick<Question, 'name' | 'type'>): boolean;
}

export function zoneChanges(before: Sources, after: Sources): ZoneChanges {
  const were = sourcesByZone(before);
  const are = sourcesByZone(after);
  const zones = new Set([...were, ...are].map(([zone]) => zone));
  const wasFrom = sourceOf(before);
  const isFrom = sourceOf(after);
  return {
    zones: [...zones].filter(zone => were.get(zone) !== are.get(zone)).toSorted(),
    isChanged: question => wasFrom(question) !== isFrom(question),
  };
}

/** Everything that the configuration says of a zone but its name, by its name. What no zone holds is resolved by recursion. */
function sourcesByZone({ forward, recursion }: Sources): Map<string, string> {
  const rest = ['.', JSON.stringify(recursion)] as const;
  return new Map([rest, ...forward.map(({ zone, ...said }) => [zone, JSON.stringify(said)] as const)]);
}

function sourceOf(sources: Sources): (question: Pick<Question, 'name' | 'type'>) => string | undefined {
  const zones = [...sourcesByZone(sources)].map(([zone, source]) => ({
    name: parseName(zone) ?? rootName,
    source,
  }));
  const zoneOf = forwardZones(zones);
  return question => zoneOf(question)?.source;
}
