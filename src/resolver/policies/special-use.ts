/**
 * Answers special-use names and the reverse zones of private networks by itself (`names/special-zones.ts`).
 *
 * Not a zone that the operator has a use for: one that is listed in `names.specialUse.except`, or that has a forward zone at
 * or below its name. What is asked of a delegated zone's parent (DS) goes there, or validation would fail below it.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Question } from '../../dns/message.ts';
import { equalNames, isSubdomain, type Name, nameKey, parentName, parseName } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { LocalZone } from '../names/local-zone.ts';
import { apexRecords, type SpecialZone, specialZones } from '../names/special-zones.ts';
import type { Policy } from '../policy.ts';
import { emptyReply, type Reply } from '../reply.ts';

export const specialUse: Policy = {
  name: 'special-use',
  stage: 'names',
  create: (slice, { names: { counters } }) => {
    const zones = new Map(servedZones(slice).map(zone => [nameKey(zone.name), responder(zone)]));
    const tops = new Set([...zones.keys()].map(topLabel));
    return (query, next) => {
      const { question } = query;
      // Most names are under no top-level domain of these, and cost no more than this.
      if (question.class !== recordClasses.IN || !tops.has(topLabelOf(question.name))) return next(query);
      for (let at: Name | undefined = question.name; at; at = parentName(at)) {
        const reply = zones.get(nameKey(at))?.(question);
        if (reply === 'elsewhere') return next(query);
        if (!reply) continue;
        counters.specialUse += 1;
        return reply;
      }
      return next(query);
    };
  },
};

/** The zones left to us by the configuration. */
export function servedZones({ config }: PopSlice): readonly SpecialZone[] {
  const { forward, names } = config.resolver;
  const used = [...forward.flatMap(({ zone }) => parseName(zone) ?? []), ...names.specialUse.except];
  const dns64 = names.dns64 !== undefined;
  return specialZones({ dns64 }).filter(zone => !used.some(name => isSubdomain(name, zone.name)));
}

type Responder = (question: Question) => Reply | 'elsewhere';

function responder({ name: top, kind, records, isDelegated }: SpecialZone): Responder {
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
    if (kind === 'denied') return isTop ? noZone : noName;
    const found = content.find(name, type);
    if (found.kind === 'records') return { ...noData, authorities: [], answers: found.records };
    return found.kind === 'absent' && kind !== 'silent' ? noName : noData;
  };
}

function topLabelOf(name: Name): string {
  let top = name;
  for (let at = parentName(name); at && at.length > 1; at = parentName(at)) top = at;
  return nameKey(top);
}

/** The same of a name's key: a length before each label, the root's zero at the end. */
function topLabel(key: string): string {
  let at = 0;
  while (at + 1 + key.charCodeAt(at) < key.length - 1) at += 1 + key.charCodeAt(at);
  return key.slice(at);
}
