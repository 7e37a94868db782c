/**
 * Records held in memory, looked up as an authoritative server does (RFC 1034 section 4.3.2, wildcards RFC 4592).
 *
 * Names are compared as wire octets in lower case: a dot or NUL inside a label is only an octet. Names between a record and
 * the top exist without records (empty non-terminals), so that they are denied as types and not as names.
 */
import type { ResourceRecord } from '../../dns/message.ts';
import { type Name, nameKey, parentName, wildcardName } from '../../dns/name.ts';
import { recordTypes } from '../../dns/record-type.ts';

/**
 * What a look-up gives. `alias`: the name has a CNAME, and another type was asked for. `absent`: there is no such name, and no
 * wildcard for it.
 */
export type Found =
  | { readonly kind: 'records'; readonly records: readonly ResourceRecord[] }
  | { readonly kind: 'alias'; readonly record: ResourceRecord; readonly target: Name }
  | { readonly kind: 'no-data' }
  | { readonly kind: 'absent' };

export class LocalZone {
  /** Records by the key of their name; empty for a name that only has others below it. */
  readonly #byName = new Map<string, ResourceRecord[]>();

  /** `others`: names that exist although their data is elsewhere, and for which no wildcard here may answer. */
  constructor(records: readonly ResourceRecord[], others: readonly Name[] = []) {
    for (const record of records) {
      this.#at(record.name).push(record);
      this.#enter(record.name);
    }
    for (const name of others) this.#enter(name);
  }

  /** Whether the name is more than one that others are below: it has records, or a wildcard stands for it. */
  owns(name: Name): boolean {
    return (this.#byName.get(nameKey(name))?.length ?? 1) > 0;
  }

  find(name: Name, type: number): Found {
    const own = this.#byName.get(nameKey(name));
    if (own) return pick(own, name, type);
    // The closest encloser decides which wildcard may answer (RFC 4592 section 3.3.1).
    for (let above = parentName(name); above; above = parentName(above)) {
      if (!this.#byName.has(nameKey(above))) continue;
      const wildcard = wildcardName(above);
      const records = wildcard && this.#byName.get(nameKey(wildcard));
      return records ? pick(records, name, type) : absent;
    }
    return absent;
  }

  #enter(name: Name): void {
    for (let at: Name | undefined = name; at; at = parentName(at)) this.#at(at);
  }

  #at(name: Name): ResourceRecord[] {
    const key = nameKey(name);
    const records = this.#byName.get(key) ?? [];
    this.#byName.set(key, records);
    return records;
  }
}

const absent: Found = { kind: 'absent' };
const noData: Found = { kind: 'no-data' };

function pick(records: readonly ResourceRecord[], name: Name, type: number): Found {
  const found = records.filter(record => record.type === type).map(record => ({ ...record, name }));
  if (found.length > 0) return { kind: 'records', records: found };
  for (const record of records) {
    if (record.type === recordTypes.CNAME && record.rdata.kind === 'CNAME')
      return { kind: 'alias', record: { ...record, name }, target: record.rdata.target };
  }
  return noData;
}
