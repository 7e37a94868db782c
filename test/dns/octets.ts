/** Octets and names as tests write them. */
import type { Message, Question, ResourceRecord } from '../../src/dns/message.ts';
import { type Name, parseName } from '../../src/dns/name.ts';
import type { Rdata } from '../../src/dns/rdata/record-data.ts';
import { recordClasses } from '../../src/dns/record-class.ts';
import { recordTypes } from '../../src/dns/record-type.ts';

/** Octets from hexadecimal digits (blanks ignored) and, in quotes, ASCII text: `04 'host' 00`. */
export function octets(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [, ascii, hex = ''] of text.matchAll(/'([^']*)'|([0-9a-f]{2})|\S/gi)) {
    if (ascii !== undefined) bytes.push(...new TextEncoder().encode(ascii));
    else if (hex !== '') bytes.push(Number.parseInt(hex, 16));
    else throw new Error(`not octets: ${text}`);
  }
  return Uint8Array.from(bytes);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, octet => octet.toString(16).padStart(2, '0')).join('');
}

export function name(text: string): Name {
  const parsed = parseName(text);
  if (!parsed) throw new Error(`not a name: ${text}`);
  return parsed;
}

/** A record of class IN with a TTL of 300 s. */
export function record(owner: string, type: keyof typeof recordTypes, rdata: Rdata): ResourceRecord {
  return { name: name(owner), type: recordTypes[type], class: recordClasses.IN, ttl: 300, rdata };
}

export function addressRecord(owner: string, ...address: number[]): ResourceRecord {
  return record(owner, 'A', { kind: 'A', address: Uint8Array.from(address) });
}

export function question(qname: string, type: keyof typeof recordTypes = 'A'): Question {
  return { name: name(qname), type: recordTypes[type], class: recordClasses.IN };
}

/** A response to `www.example.com. A` with nothing in it, and what `fields` says. */
export function response(fields: Partial<Message> = {}): Message {
  return {
    id: 0x1234,
    opcode: 0,
    rcode: 0,
    flags: { qr: true, aa: false, tc: false, rd: true, ra: true, ad: false, cd: false },
    questions: [question('www.example.com.')],
    answers: [],
    authorities: [],
    additionals: [],
    ...fields,
  };
}

/** A header with these section counts, then the octets. */
export function wire(counts: readonly [number, number, number, number], body: Uint8Array): Uint8Array {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  for (const [index, count] of counts.entries()) view.setUint16(4 + index * 2, count);
  return joined(header, body);
}
