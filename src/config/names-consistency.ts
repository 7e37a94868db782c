/**
 * Rules between the keys of `resolver.names`:
 *
 * - discovery has something to be discovered;
 * - a name with a CNAME record has that one record (RFC 2181 section 10.1);
 * - a steered name is stated once, is no name of `records`, and its rules name PoPs that there are;
 * - a steered name is no wildcard, which nothing would be steered by.
 */
import { formatName, nameKey } from '../dns/name.ts';
import { recordTypes } from '../dns/record-type.ts';
import type { AnycastConfig } from './anycast-config.ts';
import type { Complaint } from './consistency.ts';
import { suggestion } from './nearest.ts';

export function namesComplaints(config: AnycastConfig): Complaint[] {
  const recordsOf = new Map<string, number>();
  for (const { name } of config.resolver.names.records)
    recordsOf.set(nameKey(name), (recordsOf.get(nameKey(name)) ?? 0) + 1);
  return [
    ...discoveryComplaints(config),
    ...recordComplaints(config, recordsOf),
    ...steeredComplaints(config, recordsOf),
  ];
}

const at = (...path: readonly (string | number)[]) => ['resolver', 'names', ...path];

function discoveryComplaints({ resolver: { names, transports } }: AnycastConfig): Complaint[] {
  if (!names.discovery || transports.dot || transports.doh) return [];
  return [{ path: at('discovery'), message: 'there is neither dot nor doh among transports to tell of' }];
}

function recordComplaints({ resolver }: AnycastConfig, recordsOf: ReadonlyMap<string, number>): Complaint[] {
  return resolver.names.records.flatMap(({ name, type }, index) => {
    if (type !== recordTypes.CNAME || recordsOf.get(nameKey(name)) === 1) return [];
    const message = `${formatName(name)} has a CNAME record and others: an alias has nothing else`;
    return [{ path: at('records', index), message }];
  });
}

function steeredComplaints(
  { resolver, pops }: AnycastConfig,
  recordsOf: ReadonlyMap<string, number>,
): Complaint[] {
  const complaints: Complaint[] = [];
  const seen = new Set<string>();
  for (const [index, { name, rules }] of resolver.names.steered.entries()) {
    const add = (message: string): number => complaints.push({ path: at('steered', index, 'name'), message });
    const key = nameKey(name);
    const text = formatName(name);
    if (seen.has(key)) add(`${text} is stated twice: write all its rules in one entry`);
    if (recordsOf.has(key)) add(`${text} is among records too, which would hide it`);
    if (name[0] === 1 && name[1] === 0x2a) add(`${text} is a wildcard: only whole names are steered`);
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
