/**
 * The text of a dump: JSON, one object a line, which is read and checked line by line whatever its length.
 *
 *   {"format":"anycast-cache","version":1,"pop":"fra","atMs":1767225600000}
 *   {"kind":"rrset","name":"www.example.","type":"A","rank":5,"ttl":300,"age":12,"data":"AATAAAIB","text":[...]}
 *   {"kind":"denial","name":"no.example.","ttl":300,"age":2,"proof":"..."}          (with "type": no data of that type)
 *   {"kind":"answer","name":"www.example.","type":"A","zone":"example.","rcode":0,"ttl":300,"age":1.5,"answers":"...",...}
 *   {"end":3}
 *
 * `ttl` is the seconds for which it was kept, `age` the seconds it had been there at `atMs`, so that the time between
 * dumping and loading counts. Record data is wire format without compression, in base64: it gives back exactly what was
 * there, for types that nobody knows as well. `text` says the same to people, and is passed over when loading.
 * The last line tells how many entries there are, by which a dump that was cut off is known.
 */
import type { ResourceRecord } from '../../dns/message.ts';
import { formatName, type Name, parseName } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { formatRecord } from '../../dns/record-text.ts';
import { parseRecordType, recordTypeName, recordTypes } from '../../dns/record-type.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { Reply } from '../reply.ts';
import type { DumpedAnswer } from './answer-cache.ts';
import { octetsToRdata, octetsToRecords, rdataToOctets, recordsToOctets } from './record-wire.ts';
import { type Rank, ranks } from './rrset.ts';
import type { KeptRRset } from './rrset-entry.ts';

export const dumpVersion = 1;
const format = 'anycast-cache';

export interface DumpHeader {
  readonly pop: string;
  /** The wall clock when the dump began, milliseconds. */
  readonly atMs: number;
}

/** `zone`: the forward zone that the answer is from; undefined when it was found by recursion. */
export type DumpEntry =
  | { readonly kind: 'rrset'; readonly kept: KeptRRset }
  | { readonly kind: 'answer'; readonly zone: Name | undefined; readonly answer: DumpedAnswer };

/** Characters of a line: the largest entry (16 KiB) in base64 and as text stays far below. */
export const dumpLineLimit = 256 * 1024;

const longestTtl = 2 ** 31 - 1;

export function formatHeader({ pop, atMs }: DumpHeader): string {
  return JSON.stringify({ format, version: dumpVersion, pop, atMs });
}

/** @throws Fault `refused` for anything but the first line of a dump of this version. */
export function parseHeader(line: string): DumpHeader {
  const value = objectOf(line, 1);
  if (value.format !== format) throw badLine(1, 'is not the first line of a cache dump');
  if (value.version !== dumpVersion) {
    throw new Fault('refused', `line 1: a dump of version ${JSON.stringify(value.version)}`, {
      hint: `this program reads version ${dumpVersion}: dump again with the same release`,
    });
  }
  if (typeof value.pop !== 'string' || typeof value.atMs !== 'number' || !(value.atMs >= 0))
    throw badLine(1, 'lacks pop or atMs');
  return { pop: value.pop, atMs: value.atMs };
}

export function formatEnd(entries: number): string {
  return JSON.stringify({ end: entries });
}

/** `isReadable`: with the records in presentation format too. */
export function formatEntry(entry: DumpEntry, isReadable: boolean): string {
  const [fields, records] = entry.kind === 'answer' ? answerFields(entry) : rrsetFields(entry.kept);
  return JSON.stringify(isReadable ? { ...fields, text: records.map(formatRecord) } : fields);
}

/** The entry of a line, or the number of entries when it is the last one. @throws Fault `refused`, naming the line. */
export function parseEntry(
  line: string,
  number: number,
): DumpEntry | { readonly kind: 'end'; entries: number } {
  const value = objectOf(line, number);
  try {
    if (typeof value.end === 'number') return { kind: 'end', entries: value.end };
    switch (value.kind) {
      case 'rrset':
        return { kind: 'rrset', kept: readRRset(value) };
      case 'denial':
        return { kind: 'rrset', kept: readDenial(value) };
      case 'answer':
        return readAnswer(value);
      default:
        throw new Error('is of no known kind');
    }
  } catch (error) {
    throw badLine(number, describeError(error));
  }
}

type Fields = Readonly<Record<string, unknown>>;

function rrsetFields(kept: KeptRRset): [Fields, readonly ResourceRecord[]] {
  if ('denial' in kept) {
    const { name, type, ttl, proof } = kept.denial;
    const what = { kind: 'denial', name: formatName(name), ...(type !== undefined && typeField(type)) };
    return [{ ...what, ttl, age: kept.ageS, proof: base64(recordsToOctets(proof)) }, proof];
  }
  const { name, type, ttl, records, signatures } = kept.rrset;
  const fields = {
    kind: 'rrset',
    name: formatName(name),
    ...typeField(type),
    rank: kept.rank,
    ttl,
    age: kept.ageS,
    data: base64(rdataToOctets(records)),
    ...(signatures.length > 0 && { signatures: base64(rdataToOctets(signatures)) }),
  };
  return [fields, [...records, ...signatures]];
}

function answerFields({ zone, answer }: DumpEntry & { kind: 'answer' }): [Fields, readonly ResourceRecord[]] {
  const { question, flags, reply, ttlSeconds, ageMs } = answer;
  const { rcode, answers, authorities, options } = reply;
  const fields = {
    kind: 'answer',
    name: formatName(question.name),
    ...typeField(question.type),
    class: question.class,
    ...(zone && { zone: formatName(zone) }),
    ...(flags.dnssecOk && { dnssecOk: true }),
    ...(flags.checkingDisabled && { checkingDisabled: true }),
    rcode,
    ttl: ttlSeconds,
    age: ageMs / 1000,
    answers: base64(recordsToOctets(answers)),
    authorities: base64(recordsToOctets(authorities)),
    ...(options.length > 0 && { options: options.map(({ code, data }) => [code, base64(data)]) }),
  };
  return [fields, [...answers, ...authorities]];
}

function typeField(type: number): Fields {
  return { type: recordTypeName(type) };
}

function readRRset(value: Fields): KeptRRset {
  const head = {
    name: nameOf(value.name),
    type: typeOf(value.type),
    class: recordClasses.IN,
    ttl: ttlOf(value),
  };
  const records = octetsToRdata(octetsOf(value.data, 'data'), head);
  if (records.length === 0) throw new Error('has no records');
  const signed = value.signatures === undefined ? new Uint8Array() : octetsOf(value.signatures, 'signatures');
  const signatures = octetsToRdata(signed, { ...head, type: recordTypes.RRSIG });
  return { ageS: ageOf(value), rank: rankOf(value.rank), rrset: { ...head, records, signatures } };
}

function readDenial(value: Fields): KeptRRset {
  const type = value.type === undefined ? undefined : typeOf(value.type);
  const proof = recordsOf(value.proof, 'proof');
  const denial = { name: nameOf(value.name), type, class: recordClasses.IN, ttl: ttlOf(value), proof };
  return { ageS: ageOf(value), denial };
}

function readAnswer(value: Fields): DumpEntry {
  const { rcode } = value;
  if (rcode !== 0 && rcode !== 3) throw new Error('has an rcode that is not kept');
  const reply: Reply = {
    rcode,
    authoritative: false,
    answers: recordsOf(value.answers, 'answers'),
    authorities: recordsOf(value.authorities, 'authorities'),
    options: optionsOf(value.options),
    origin: 'cache',
  };
  const question = {
    name: nameOf(value.name),
    type: typeOf(value.type),
    class: numberOf(value.class, 'class', 0xffff),
  };
  const flags = {
    dnssecOk: value.dnssecOk === true,
    checkingDisabled: value.checkingDisabled === true,
  };
  return {
    kind: 'answer',
    zone: value.zone === undefined ? undefined : nameOf(value.zone),
    answer: { question, flags, reply, ttlSeconds: ttlOf(value), ageMs: ageOf(value) * 1000 },
  };
}

function objectOf(line: string, number: number): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Fields;
  } catch {
    // Said below.
  }
  throw badLine(number, 'is no JSON object');
}

function badLine(number: number, what: string): Fault {
  return new Fault('refused', `line ${number}: ${what}`, {
    hint: 'the dump is damaged or was edited: nothing of it is loaded',
  });
}

function nameOf(text: unknown): Name {
  const name = typeof text === 'string' ? parseName(text) : undefined;
  if (!name) throw new Error('has no valid name');
  return name;
}

function typeOf(text: unknown): number {
  const type = typeof text === 'string' ? parseRecordType(text) : undefined;
  if (type === undefined) throw new Error('has no valid type');
  return type;
}

function rankOf(value: unknown): Rank {
  const rank = Object.values(ranks).find(each => each === value);
  if (rank === undefined) throw new Error('has no valid rank');
  return rank;
}

function ttlOf({ ttl }: Fields): number {
  return numberOf(ttl, 'ttl', longestTtl);
}

function ageOf({ age }: Fields): number {
  return numberOf(age, 'age', longestTtl);
}

function numberOf(value: unknown, what: string, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw new Error(`has no valid ${what}`);
}

function optionsOf(value: unknown): Reply['options'] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error('has no valid options');
  return value.map((option: unknown) => {
    const [code, data] = Array.isArray(option) ? option : [];
    return { code: numberOf(code, 'option', 0xffff), data: octetsOf(data, 'option') };
  });
}

function recordsOf(value: unknown, what: string): ResourceRecord[] {
  const records = octetsToRecords(octetsOf(value, what));
  if (records.some(({ ttl }) => ttl > longestTtl)) throw new Error(`has a TTL over 31 bits in its ${what}`);
  return records;
}

function octetsOf(value: unknown, what: string): Uint8Array {
  if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0)
    return Uint8Array.from(Buffer.from(value, 'base64'));
  throw new Error(`has no valid ${what}`);
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64');
}
