/** fast-check arbitraries for names, RDATA of every known type, and messages. */
import fc from 'fast-check';
import type { Edns } from '../../src/dns/edns.ts';
import type { Message, Question, ResourceRecord } from '../../src/dns/message.ts';
import { maxNameLength, type Name } from '../../src/dns/name.ts';
import { knownTypes, type Rdata } from '../../src/dns/rdata/record-data.ts';
import { typeBitmap } from '../../src/dns/rdata/type-bitmap.ts';
import { recordTypes } from '../../src/dns/record-type.ts';
import { joined } from './octets.ts';

const uint8 = fc.nat(0xff);
const uint16 = fc.nat(0xffff);
const uint32 = fc.nat(0xffff_ffff);
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });

/** Few letters, so that names share suffixes and differ in case; and now and then any octets. */
const anyLabel = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'B', 'b', 'www', 'example', 'EXAMPLE', 'com') },
  { weight: 1, arbitrary: bytes(1, 63) },
);

export const anyName: fc.Arbitrary<Name> = fc
  .array(anyLabel, { maxLength: 6 })
  .map(labels => {
    const octets = labels.map(label => (typeof label === 'string' ? new TextEncoder().encode(label) : label));
    return joined(...octets.flatMap(label => [Uint8Array.of(label.length), label]), Uint8Array.of(0));
  })
  .filter(name => name.length <= maxNameLength);

const anyBitmap = fc.uniqueArray(uint16, { maxLength: 8 }).map(typeBitmap);

const anyParameters = fc
  .uniqueArray(fc.record({ key: fc.nat(12), value: bytes(0, 20) }), {
    selector: ({ key }) => key,
    maxLength: 5,
  })
  .map(parameters => parameters.toSorted((a, b) => a.key - b.key));

const hashParameters = { hashAlgorithm: uint8, flags: uint8, iterations: uint16, salt: bytes(0, 16) };

/** The fields of each shape that several types share. */
const target = { target: anyName };
const preference = { preference: uint16, exchange: anyName };
const namePair = { mailbox: anyName, other: anyName };
const service = { priority: uint16, target: anyName, parameters: anyParameters };
const signature = {
  typeCovered: uint16,
  algorithm: uint8,
  labels: uint8,
  originalTtl: uint32,
  expiration: uint32,
  inception: uint32,
  keyTag: uint16,
  signer: anyName,
  signature: bytes(0, 64),
};

type KnownKind = Exclude<Rdata['kind'], 'opaque'>;
type FieldsOf<Kind> = Omit<Extract<Rdata, { kind: Kind }>, 'kind'>;

/** One entry per known type: the compiler asks for it when a type is added. */
const fields: {
  readonly [Kind in KnownKind]: { [Field in keyof FieldsOf<Kind>]: fc.Arbitrary<FieldsOf<Kind>[Field]> };
} = {
  A: { address: bytes(4, 4) },
  AAAA: { address: bytes(16, 16) },
  AFSDB: preference,
  CAA: { flags: uint8, tag: bytes(1, 15), value: bytes(0, 40) },
  CNAME: target,
  DNAME: target,
  DNSKEY: { flags: uint16, protocol: uint8, algorithm: uint8, publicKey: bytes(0, 64) },
  DS: { keyTag: uint16, algorithm: uint8, digestType: uint8, digest: bytes(0, 48) },
  HTTPS: service,
  MB: target,
  MD: target,
  MF: target,
  MG: target,
  MINFO: namePair,
  MR: target,
  MX: preference,
  NAPTR: {
    order: uint16,
    preference: uint16,
    flags: bytes(0, 4),
    services: bytes(0, 20),
    regexp: bytes(0, 40),
    replacement: anyName,
  },
  NS: target,
  NSEC: { next: anyName, types: anyBitmap },
  NSEC3: { ...hashParameters, nextHash: bytes(1, 32), types: anyBitmap },
  NSEC3PARAM: hashParameters,
  PTR: target,
  RP: namePair,
  RRSIG: signature,
  RT: preference,
  SIG: signature,
  SOA: {
    mname: anyName,
    rname: anyName,
    serial: uint32,
    refresh: uint32,
    retry: uint32,
    expire: uint32,
    minimum: uint32,
  },
  SRV: { priority: uint16, weight: uint16, port: uint16, target: anyName },
  SVCB: service,
  TLSA: { usage: uint8, selector: uint8, matchingType: uint8, data: bytes(0, 40) },
  TXT: { strings: fc.array(bytes(0, 255), { minLength: 1, maxLength: 3 }) },
};

/** RDATA of one known type. */
export function rdataOf(kind: KnownKind): fc.Arbitrary<Rdata> {
  // The compiler cannot follow a union of records of arbitraries; `fields` above is what it has checked.
  const arbitraries: Readonly<Record<string, fc.Arbitrary<unknown>>> = fields[kind];
  return fc.record({ kind: fc.constant(kind), ...arbitraries }) as unknown as fc.Arbitrary<Rdata>;
}

const anyTypedRdata = fc
  .constantFrom(...knownTypes)
  .chain(kind => rdataOf(kind as KnownKind).map(rdata => ({ type: recordTypes[kind] as number, rdata })));

const anyOpaqueRdata = fc
  .record({ type: fc.constantFrom(10, 16_384, 65_280, 65_535), octets: bytes(0, 40) })
  .map(({ type, octets }) => ({ type, rdata: { kind: 'opaque', octets } as const }));

export const anyRecord: fc.Arbitrary<ResourceRecord> = fc
  .record({
    name: anyName,
    ttl: fc.nat(0x7fff_ffff),
    data: fc.oneof({ weight: 5, arbitrary: anyTypedRdata }, { weight: 1, arbitrary: anyOpaqueRdata }),
  })
  .map(({ name, ttl, data }) => ({ name, class: 1, ttl, ...data }));

const anyQuestion: fc.Arbitrary<Question> = fc.record({ name: anyName, type: uint16, class: uint16 });

const anyEdns: fc.Arbitrary<Edns> = fc.record({
  udpPayloadSize: fc.integer({ min: 512, max: 0xffff }),
  version: fc.constant(0),
  dnssecOk: fc.boolean(),
  options: fc.array(fc.record({ code: uint16, data: bytes(0, 20) }), { maxLength: 4 }),
});

const bit = fc.boolean();
const anyFlags = fc.record({ qr: bit, aa: bit, tc: bit, rd: bit, ra: bit, ad: bit, cd: bit });

const withoutEdns = fc.record({
  id: uint16,
  opcode: fc.nat(15),
  rcode: fc.nat(15),
  flags: anyFlags,
  questions: fc.array(anyQuestion, { maxLength: 2 }),
  answers: fc.array(anyRecord, { maxLength: 5 }),
  authorities: fc.array(anyRecord, { maxLength: 3 }),
  additionals: fc.array(anyRecord, { maxLength: 3 }),
});

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  withoutEdns,
  fc
    .record({ message: withoutEdns, edns: anyEdns, rcode: fc.nat(0xfff) })
    .map(({ message, edns, rcode }) => ({ ...message, edns, rcode })),
);
