/**
 * Rules between the keys of `resolver.names`:
 *
 * - a steered name is stated once, is no name of `records`, and its rules name PoPs that there are;
 * - a name with a CNAME record has that one record (RFC 2181 section 10.1).
 */
import { formatName, nameKey } from '../dns/name.ts';
import { recordTypes } from '../dns/record-type.ts';
import type { AnycastConfig } from './anycast-config.ts';
import type { Complaint } from './consistency.ts';
import { suggestion } from './nearest.ts';

export function namesComplaints({ resolver, pops }: AnycastConfig): Complaint[] {
  const { records, steered } = resolver.names;
  const at = (...path: readonly (string | number)[]) => ['resolver', 'names', ...path];
  const complaints: Complaint[] = [];
  const recordsOf = new Map<string, number>();
  for (const { name } of records) recordsOf.set(nameKey(name), (recordsOf.get(nameKey(name)) ?? 0) + 1);
  for (const [index, { name, type }] of records.entries()) {
    if (type !== recordTypes.CNAME || recordsOf.get(nameKey(name)) === 1) continue;
    const message = `${formatName(name)} has a CNAME record and others: an alias has nothing else`;
    complaints.push({ path: at('records', index), message });
  }
  const seen = new Set<string>();
  for (const [index, { name, rules }] of steered.entries()) {
    const key = nameKey(name);
    if (seen.has(key))
      complaints.push({
        path: at('steered', index, 'name'),
        message: `${formatName(name)} is stated twice: write all its rules in one entry`,
      });
    if (recordsOf.has(key))
      complaints.push({
        path: at('steered', index, 'name'),
        message: `${formatName(name)} is among records too, which would hide it`,
      });
    seen.add(key);
    for (const [number, rule] of rules.entries()) {
      for (const pop of (rule.pops ?? []).filter(each => !Object.hasOwn(pops, each)))
        complaints.push({
          path: at('steered', index, 'rules', number, 'pops'),
          message: `there is no PoP '${pop}': ${suggestion(pop, Object.keys(pops))}`,
        });
    }
  }
  return complaints;
}
