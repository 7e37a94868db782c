/**
 * A response policy zone: a DNS zone whose names are triggers and whose records are actions
 * (draft-vixie-dnsop-dns-rpz-00 sections 3 and 4), read from its master file.
 *
 * Triggers: query name, client address, address in the answer, name server's name; those by a name server's address are
 * counted among the complaints. Actions: `CNAME .` NXDOMAIN, `CNAME *.` NODATA, `rpz-passthru.` (and the old form, an alias
 * to itself), `rpz-drop.`, `rpz-tcp-only.`; all other records are what the name is to have.
 */
import type { ResourceRecord } from '../../../dns/message.ts';
import {
  equalNames,
  formatName,
  isSubdomain,
  type Name,
  nameKey,
  parseName,
  replaceAncestor,
  rootName,
} from '../../../dns/name.ts';
import { recordTypes } from '../../../dns/record-type.ts';
import { MasterReader } from '../../../dns/text/master-reader.ts';
import { TextFault } from '../../../dns/text/text-fault.ts';
import { AddressTable } from './address-table.ts';
import type { FilterAction, FilterZone } from './filter-zone.ts';
import type { LineSource } from './line-source.ts';
import { NameTableBuilder } from './name-table.ts';
import { type RpzTrigger, rpzTrigger } from './rpz-trigger.ts';

export interface PolicyZoneOptions {
  readonly zone: Name;
  readonly reason: FilterZone['reason'];
  readonly seed: number;
}

/** Actions without records, by the number under which the tables have them; those with records come after. */
const plainActions: readonly FilterAction[] = [
  { kind: 'nxdomain' },
  { kind: 'nodata' },
  { kind: 'pass' },
  { kind: 'drop' },
  { kind: 'tcpOnly' },
];

const plainTargets: readonly (readonly [target: Name, number: number])[] = [
  [rootName, 0],
  [parseName('*.') ?? rootName, 1],
  [parseName('rpz-passthru.') ?? rootName, 2],
  [parseName('rpz-drop.') ?? rootName, 3],
  [parseName('rpz-tcp-only.') ?? rootName, 4],
];

const passNumber = 2;

/** What has been read of a zone. */
class ZoneContent {
  readonly #zone: Name;
  readonly names = { self: new NameTableBuilder(), below: new NameTableBuilder() };
  readonly nameservers = { self: new NameTableBuilder(), below: new NameTableBuilder() };
  readonly addresses = new AddressTable<FilterAction>();
  readonly clients = new AddressTable<FilterAction>();
  readonly actions: FilterAction[] = [...plainActions];
  /** Local data by owner: its records need not stand together. */
  readonly #local = new Map<string, { trigger: RpzTrigger; records: ResourceRecord[] }>();
  unsupported = 0;
  hasSoa = false;

  constructor(zone: Name) {
    this.#zone = zone;
  }

  add(record: ResourceRecord): void {
    const { name, type, rdata } = record;
    if (!isSubdomain(name, this.#zone)) throw new TextFault(`${formatName(name)} is outside the zone`);
    // The zone's own records are about the zone.
    if (equalNames(name, this.#zone)) {
      this.hasSoa ||= type === recordTypes.SOA;
      return;
    }
    const owner = replaceAncestor(name, this.#zone, rootName) ?? rootName;
    const trigger = rpzTrigger(owner);
    const number = rdata.kind === 'CNAME' ? plainAction(rdata.target, trigger) : undefined;
    if (number !== undefined) {
      this.#enter(trigger, number);
      return;
    }
    const key = nameKey(owner);
    const local = this.#local.get(key) ?? { trigger, records: [] };
    local.records.push(record);
    this.#local.set(key, local);
  }

  /** @throws TextFault when an alias has other records beside it. */
  finish(): void {
    for (const { trigger, records } of this.#local.values()) {
      if (records.length > 1 && records.some(({ type }) => type === recordTypes.CNAME))
        throw new TextFault('a name with a CNAME record has others too');
      this.actions.push({ kind: 'localData', records });
      this.#enter(trigger, this.actions.length - 1);
    }
    this.#local.clear();
  }

  #enter(trigger: RpzTrigger, number: number): void {
    const action = this.actions[number];
    if (trigger.kind === 'unsupported') this.unsupported += 1;
    else if (!action) throw new RangeError(`no action ${number}`);
    else if ('prefix' in trigger)
      (trigger.kind === 'address' ? this.addresses : this.clients).add(trigger.prefix, action);
    else {
      const tables = trigger.kind === 'name' ? this.names : this.nameservers;
      tables[trigger.isBelow ? 'below' : 'self'].add(trigger.name, number);
    }
  }
}

/** @throws TextFault when the lines are no policy zone, and for names that begin with `rpz-` and mean nothing known. */
export async function readPolicyZone(lines: LineSource, options: PolicyZoneOptions): Promise<FilterZone> {
  const { zone, reason, seed } = options;
  const reader = new MasterReader(zone);
  const content = new ZoneContent(zone);
  await lines(line => {
    const record = reader.line(line);
    if (record) content.add(record);
  });
  reader.end();
  if (!content.hasSoa) throw new TextFault(`there is no SOA record of ${formatName(zone)}`);
  content.finish();
  const tables = {
    self: await content.names.self.finish(seed),
    below: await content.names.below.finish(seed),
    serverSelf: await content.nameservers.self.finish(seed),
    serverBelow: await content.nameservers.below.finish(seed),
  };
  const { actions, addresses, clients, unsupported } = content;
  const action = (number: number | undefined): FilterAction | undefined =>
    number === undefined ? undefined : actions[number];
  const sizes = Object.values(tables);
  return {
    reason,
    size: sizes.reduce((sum, { size }) => sum + size, addresses.size + clients.size),
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    complaints:
      unsupported === 0 ? [] : [`${unsupported} triggers by the address of a name server are not applied`],
    looksAtReplies: addresses.size + tables.serverSelf.size + tables.serverBelow.size > 0,
    looksAtClients: clients.size > 0,
    client: octets => clients.find(octets)?.value,
    // Section 5: the name itself before wildcards, the longest of those first.
    name: name => action(tables.self.find(name) ?? tables.below.findAncestor(name, true)),
    address: octets => {
      const found = addresses.find(octets);
      return found && { action: found.value, length: found.length };
    },
    nameserver: name => action(tables.serverSelf.find(name) ?? tables.serverBelow.findAncestor(name, true)),
  };
}

/** The number of the action that a CNAME's target stands for; undefined for an alias that is meant. */
function plainAction(target: Name, trigger: RpzTrigger): number | undefined {
  const found = plainTargets.find(([name]) => equalNames(name, target));
  if (found) return found[1];
  // Section 3.3: once, "let it pass" was written as an alias of the name to itself.
  if (trigger.kind === 'name' && !trigger.isBelow && equalNames(trigger.name, target)) return passNumber;
  const isReserved = target.length > 2 && /^rpz-[^.]*\.$/i.test(formatName(target));
  if (isReserved) throw new TextFault(`${formatName(target)} is no action that is known`);
  return undefined;
}
