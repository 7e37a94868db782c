/** Messages as the resolver's tests write them. */
import type { Edns, EdnsOption } from '../../src/dns/edns.ts';
import type { Message, Question, ResourceRecord } from '../../src/dns/message.ts';
import { type Name, parseName } from '../../src/dns/name.ts';
import { typeBitmap } from '../../src/dns/rdata/type-bitmap.ts';
import { recordClasses } from '../../src/dns/record-class.ts';
import { recordTypes } from '../../src/dns/record-type.ts';

export type TypeName = keyof typeof recordTypes;

export function name(text: string): Name {
  const parsed = parseName(text);
  if (!parsed) throw new Error(`not a name: ${text}`);
  return parsed;
}

export function question(text: string, type: TypeName = 'A'): Question {
  return { name: name(text), type: recordTypes[type], class: recordClasses.IN };
}

/** A client's query with RD, without EDNS. */
export function query(text: string, type: TypeName = 'A', fields: Partial<Message> = {}): Message {
  return {
    id: 0x1234,
    opcode: 0,
    rcode: 0,
    flags: { qr: false, aa: false, tc: false, rd: true, ra: false, ad: false, cd: false },
    questions: [question(text, type)],
    answers: [],
    authorities: [],
    additionals: [],
    ...fields,
  };
}

export function edns(fields: Partial<Edns> = {}): Edns {
  const options: EdnsOption[] = [];
  return { udpPayloadSize: 1232, version: 0, dnssecOk: false, options, ...fields };
}

export function a(owner: string, address: string, ttl = 300): ResourceRecord {
  const rdata = { kind: 'A', address: Uint8Array.from(address.split('.'), Number) } as const;
  return { name: name(owner), type: recordTypes.A, class: recordClasses.IN, ttl, rdata };
}

export function cname(owner: string, target: string, ttl = 300): ResourceRecord {
  const rdata = { kind: 'CNAME', target: name(target) } as const;
  return { name: name(owner), type: recordTypes.CNAME, class: recordClasses.IN, ttl, rdata };
}

export function dname(owner: string, target: string, ttl = 300): ResourceRecord {
  const rdata = { kind: 'DNAME', target: name(target) } as const;
  return { name: name(owner), type: recordTypes.DNAME, class: recordClasses.IN, ttl, rdata };
}

export function ns(owner: string, target: string, ttl = 300): ResourceRecord {
  const rdata = { kind: 'NS', target: name(target) } as const;
  return { name: name(owner), type: recordTypes.NS, class: recordClasses.IN, ttl, rdata };
}

export function txt(owner: string, text: string, ttl = 300): ResourceRecord {
  const rdata = { kind: 'TXT', strings: [new TextEncoder().encode(text)] } as const;
  return { name: name(owner), type: recordTypes.TXT, class: recordClasses.IN, ttl, rdata };
}

/** `minimum` is the negative TTL (RFC 2308). */
export function soa(owner: string, { ttl = 3600, minimum = 60 } = {}): ResourceRecord {
  const below = owner === '.' ? '' : owner;
  const rdata = {
    kind: 'SOA',
    mname: name(`ns.${below}`),
    rname: name(`hostmaster.${below}`),
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
    minimum,
  } as const;
  return { name: name(owner), type: recordTypes.SOA, class: recordClasses.IN, ttl, rdata };
}

/** A signature that is none, of a zone: what covers it and how many labels its owner had when signed (RFC 4034 section 3.1). */
export function rrsig(
  owner: string,
  { covers, labels, signer }: { covers: TypeName; labels: number; signer: string },
): ResourceRecord {
  const rdata = {
    kind: 'RRSIG',
    typeCovered: recordTypes[covers],
    algorithm: 13,
    labels,
    originalTtl: 300,
    expiration: 4_000_000_000,
    inception: 1_000_000_000,
    keyTag: 1,
    signer: name(signer),
    signature: new Uint8Array(64),
  } as const;
  return { name: name(owner), type: recordTypes.RRSIG, class: recordClasses.IN, ttl: 300, rdata };
}

export function nsec(owner: string, next: string): ResourceRecord {
  const rdata = { kind: 'NSEC', next: name(next), types: typeBitmap([recordTypes.A]) } as const;
  return { name: name(owner), type: recordTypes.NSEC, class: recordClasses.IN, ttl: 300, rdata };
}

export function ds(owner: string): ResourceRecord {
  const rdata = { kind: 'DS', keyTag: 1, algorithm: 13, digestType: 2, digest: new Uint8Array(32) } as const;
  return { name: name(owner), type: recordTypes.DS, class: recordClasses.IN, ttl: 300, rdata };
}
