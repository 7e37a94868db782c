/**
 * Records as octets without compression, which stand for themselves: what the RRset cache keeps and what a dump holds.
 *
 * Octets are kept as strings of one character each. V8 gives such a string an octet a character and 16 octets of header,
 * where a Uint8Array costs over 100 octets before its first.
 */
import type { ResourceRecord } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { decodeRdata, encodeRdata } from '../../dns/rdata/record-data.ts';
import { Reader } from '../../dns/reader.ts';
import { Writer } from '../../dns/writer.ts';

/** Writes every name in full: what one record points to is not there when another is read. */
export class PlainWriter extends Writer {
  override compressedName(name: Name): void {
    this.name(name);
  }
}

/** Owner, type, class, TTL and RDATA of each, as in a message. @throws RangeError for records that no message can hold. */
export function recordsToOctets(records: readonly ResourceRecord[]): Uint8Array {
  const writer = new PlainWriter();
  for (const record of records) writeRecord(writer, record);
  return writer.finish();
}

/** @throws RangeError for a record that no message can hold. */
export function writeRecord(writer: PlainWriter, record: ResourceRecord): void {
  writer.name(record.name);
  writer.uint16(record.type);
  writer.uint16(record.class);
  writer.uint32(record.ttl);
  writeRdata(writer, record);
}

/** @throws WireFault for anything but whole records. */
export function octetsToRecords(octets: Uint8Array): ResourceRecord[] {
  const reader = new Reader(octets);
  const records: ResourceRecord[] = [];
  while (reader.remaining > 0) records.push(readRecord(reader));
  return records;
}

/** What `writeRecord` wrote. @throws WireFault for anything but a whole record. */
export function readRecord(reader: Reader): ResourceRecord {
  const name = reader.plainName();
  const type = reader.uint16();
  const rrClass = reader.uint16();
  const ttl = reader.uint32();
  return { name, type, class: rrClass, ttl, rdata: readRdata(reader, type, rrClass) };
}

/** RDATA alone of each, with its length in front; the same data twice is once (RFC 2181 section 5). */
export function rdataToOctets(records: readonly ResourceRecord[]): Uint8Array {
  const writer = new PlainWriter();
  let seen: Set<string> | undefined;
  for (const record of records) {
    const start = writer.length;
    writeRdata(writer, record);
    if (records.length === 1) break;
    seen ??= new Set();
    const text = octetsToText(writer.written().subarray(start));
    if (seen.has(text)) writer.length = start;
    seen.add(text);
  }
  return writer.finish();
}

/** What all records have in common when only their RDATA is kept. */
export type RecordHead = Omit<ResourceRecord, 'rdata'>;

/** @throws WireFault for anything but whole RDATA. */
export function octetsToRdata(octets: Uint8Array, head: RecordHead): ResourceRecord[] {
  const reader = new Reader(octets);
  const records: ResourceRecord[] = [];
  while (reader.remaining > 0) records.push({ ...head, rdata: readRdata(reader, head.type, head.class) });
  return records;
}

/** One character an octet. */
export function octetsToText(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

export function textToOctets(text: string, start = 0, end = text.length): Uint8Array {
  const octets = new Uint8Array(end - start);
  for (let at = start; at < end; at += 1) octets[at - start] = text.charCodeAt(at);
  return octets;
}

function writeRdata(writer: Writer, { type, rdata }: ResourceRecord): void {
  const length = writer.openLength();
  encodeRdata(writer, type, rdata);
  writer.closeLength(length);
}

function readRdata(reader: Reader, type: number, rrClass: number): ResourceRecord['rdata'] {
  return decodeRdata(reader, type, rrClass, reader.uint16());
}
