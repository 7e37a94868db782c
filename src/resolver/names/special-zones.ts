/**
 * The zones that every resolver answers by itself (IANA "Special-Use Domain Names" and "Locally-Served DNS Zones"): to ask
 * anyone about them would tell him of private matters, and load servers that know nothing.
 *
 * `denied`: every name in it does not exist, the zone's own included. `empty`: the zone and what `records` give. `silent`:
 * whatever is asked, there is no such data, but for `records`.
 * Standards: RFC 6303, 6761, 6762, 7686, 7793, 8375, 8880, 9462. `example` is not here: RFC 6761 section 6.5 has resolvers
 * resolve it as any other.
 */
import type { ResourceRecord } from '../../dns/message.ts';
import { type Name, parseName, rootName } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { parseRecord } from '../../dns/text/parse-record.ts';

export interface SpecialZone {
  readonly name: Name;
  readonly kind: 'denied' | 'empty' | 'silent';
  /** Besides SOA and NS. */
  readonly records: readonly ResourceRecord[];
  /** Whether its DS records are asked of its parent, where the zone is delegated so that a validator can know it to be unsigned. */
  readonly isDelegated: boolean;
}

/** RFC 6303 section 4.1 to 4.6, and RFC 7793 for shared address space. */
const reverseZones: readonly string[] = [
  '10.in-addr.arpa',
  ...Array.from({ length: 16 }, (_, index) => `${16 + index}.172.in-addr.arpa`),
  '168.192.in-addr.arpa',
  '0.in-addr.arpa',
  '127.in-addr.arpa',
  '254.169.in-addr.arpa',
  '2.0.192.in-addr.arpa',
  '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa',
  '255.255.255.255.in-addr.arpa',
  ...Array.from({ length: 64 }, (_, index) => `${64 + index}.100.in-addr.arpa`),
  `${'0.'.repeat(32)}ip6.arpa`,
  `1.${'0.'.repeat(31)}ip6.arpa`,
  'd.f.ip6.arpa',
  ...['8', '9', 'a', 'b'].map(digit => `${digit}.e.f.ip6.arpa`),
  '8.b.d.0.1.0.0.2.ip6.arpa',
];

/** What stands in a reverse zone: the loopback addresses have a name. */
const reverseRecords: Readonly<Record<string, string>> = {
  '127.in-addr.arpa': '1.0.0.127.in-addr.arpa. 10800 PTR localhost.',
  [`1.${'0.'.repeat(31)}ip6.arpa`]: `1.${'0.'.repeat(31)}ip6.arpa. 10800 PTR localhost.`,
};

export interface SpecialZoneOptions {
  /** Only a resolver that does DNS64 answers `ipv4only.arpa` itself (RFC 8880 section 7.1); the AAAA records are made of its A records. */
  readonly dns64: boolean;
  /** The records of `resolver.arpa`. */
  readonly designated: readonly ResourceRecord[];
}

export function specialZones({ dns64, designated }: SpecialZoneOptions): readonly SpecialZone[] {
  const reverse = reverseZones.map(text => {
    const record = reverseRecords[text];
    return zone(text, 'empty', { records: record === undefined ? [] : [record], isDelegated: true });
  });
  return [
    zone('localhost', 'empty', { records: loopbackRecords }),
    zone('invalid', 'denied'),
    zone('test', 'empty'),
    zone('local', 'denied'),
    zone('onion', 'denied'),
    zone('home.arpa', 'empty', { isDelegated: true }),
    { ...zone('resolver.arpa', 'silent', { isDelegated: true }), records: designated },
    ...(dns64 ? [zone('ipv4only.arpa', 'empty', { records: ipv4onlyRecords, isDelegated: true })] : []),
    ...reverse,
  ];
}

/** RFC 6761 section 6.3: localhost and all below it. */
const loopbackRecords: readonly string[] = ['localhost.', '*.localhost.'].flatMap(name => [
  `${name} 10800 A 127.0.0.1`,
  `${name} 10800 AAAA ::1`,
]);

/** RFC 7050 section 8.2. */
const ipv4onlyRecords: readonly string[] = [
  'ipv4only.arpa. 86400 A 192.0.0.170',
  'ipv4only.arpa. 86400 A 192.0.0.171',
];

interface ZoneContent {
  readonly records?: readonly string[];
  readonly isDelegated?: boolean;
}

function zone(text: string, kind: SpecialZone['kind'], content: ZoneContent = {}): SpecialZone {
  const { records = [], isDelegated = false } = content;
  const name = parseName(text) ?? rootName;
  return { name, kind, records: records.map(line => parseRecord(line)), isDelegated };
}

/** Seconds: RFC 6303 section 3. */
const ttl = 10_800;

/** The SOA and NS records of an empty zone (RFC 6303 section 3): the zone is its own name server, which has no address. */
export function apexRecords(name: Name): { readonly soa: ResourceRecord; readonly ns: ResourceRecord } {
  const head = { name, class: recordClasses.IN, ttl };
  const times = { serial: 1, refresh: 3600, retry: 1200, expire: 604_800, minimum: 10_800 };
  return {
    soa: { ...head, type: recordTypes.SOA, rdata: { kind: 'SOA', mname: name, rname: nobody, ...times } },
    ns: { ...head, type: recordTypes.NS, rdata: { kind: 'NS', target: name } },
  };
}

const nobody = parseName('nobody.invalid.') ?? rootName;
