/**
 * Answers special-use names and the reverse zones of private networks by itself (`names/special-zones.ts`).
 *
 * Not what the operator has a use for: names in `names.specialUse.except` and in forward zones, with all below them, are
 * resolved as any other. What is left of a zone around them is still answered here: a private network of which one part has
 * servers does not tell the world of the rest. Names above such names, and above own records, exist. What is asked of a delegated zone's parent (DS) goes there, or validation would fail below it.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Question } from '../../dns/message.ts';
import { equalNames, isSubdomain, lowerOctet, type Name, nameKey, parseName } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { designatedResolvers } from '../names/designated-resolvers.ts';
import { LocalZone } from '../names/local-zone.ts';
import { existingNames, ownNames } from '../names/own-names.ts';
import { apexRecords, type SpecialZone, specialZones } from '../names/special-zones.ts';
import type { Policy } from '../policy.ts';
import { emptyReply, type Reply } from '../reply.ts';

export const specialUse: Policy = {
  name: 'special-use',
  stage: 'names',
  create: (slice, { names: { counters } }) => {
    const { zones: served, holes } = servedZones(slice);
    const exists = existingNames([...holes, ...ownNames(slice.config.resolver.names)]);
    const zones = new Map<string, Responder>([
      ...served.map(zone => [nameKey(zone.name), responder(zone, exists)] as const),
      ...holes.map(hole => [nameKey(hole), resolvedElsewhere] as const),
    ]);
    const tops = new Set([...served.map(({ name }) => name), ...holes].map(topLabelOf));
    return (query, next) => {
      const { question } = query;
      // Most names are under no top-level domain of these, and cost no more than this.
      if (question.class !== recordClasses.IN || !tops.has(topLabelOf(question.name))) return next(query);
      const { name } = question;
      const key = nameKey(name);
      // The keys of the names above are its tails.
      for (let at = 0; at < name.length; at += 1 + (name[at] ?? 0)) {
        const reply = zones.get(key.slice(at))?.(question);
        if (reply === 'elsewhere') return next(query);
        if (!reply) continue;
        counters.specialUse += 1;
        return reply;
      }
      return next(query);
    };
  },
};

/** The zones left to us by the configuration, and the names below them that are not. */
function servedZones({ config }: PopSlice): { zones: readonly SpecialZone[]; holes: readonly Name[] } {
  const { forward, names } = config.resolver;
  // A forward zone for everything says nothing of these.
  const forwarded = forward.flatMap(({ zone }) => parseName(zone) ?? []).filter(name => name.length > 1);
  const used = [...forwarded, ...names.specialUse.except];
  const dns64 = names.dns64 !== undefined;
  const designated = designatedResolvers(config);
  const zones = specialZones({ dns64, designated }).filter(
    zone => !used.some(name => isSubdomain(zone.name, name)),
  );
  return { zones, holes: used.filter(name => zones.some(zone => isSubdomain(name, zone.name))) };
}

type Responder = (question: Question) => Reply | 'elsewhere';

const resolvedElsewhere: Responder = () => 'elsewhere';

/** `exists`: keys of names in the zone that are not for it to deny. */
function responder(
  { name: top, kind, records, isDelegated }: SpecialZone,
  exists: ReadonlySet<string>,
): Responder {
  const { soa, ns } = apexRecords(top);
  const content = new LocalZone(kind === 'denied' ? [] : [soa, ns, ...records]);
  const denial = { authoritative: true, authorities: [soa] };
  const noData: Reply = { ...emptyReply(rcodes.NOERROR), ...denial };
  const noName: Reply = { ...emptyReply(rcodes.NXDOMAIN), ...denial };
  // A zone that does not exist has no SOA record to deny its own name with.
  const noZone: Reply = { ...emptyReply(rcodes.NXDOMAIN), authoritative: true };
  return ({ name, type }) => {
    const isTop = equalNames(name, top);
    if (isTop && isDelegated && type === recordTypes.DS) return 'elsewhere';
    if (kind === 'denied') return exists.has(nameKey(name)) ? noData : isTop ? noZone : noName;
    const found = content.find(name, type);
    if (found.kind === 'records') return { ...noData, authorities: [], answers: found.records };
    const isAbsent = found.kind === 'absent' && kind !== 'silent' && !exists.has(nameKey(name));
    return isAbsent ? noName : noData;
  };
}

/** The key of the name's last label, that of its top-level domain. */
function topLabelOf(name: Name): string {
  let at = 0;
  for (let next = 0; name[next]; next += 1 + (name[next] ?? 0)) at = next;
  // As `nameKey` writes it, five times as fast: every query comes by here.
  let key = '';
  for (; at < name.length; at += 1) key += String.fromCharCode(lowerOctet(name[at] ?? 0));
  return key;
}
