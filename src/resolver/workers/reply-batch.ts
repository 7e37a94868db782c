/** Replies on their way from a worker, as one string of octets: records as the caches have them (`record-wire.ts`). */
import type { EdnsOption } from '../../dns/edns.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { Reader } from '../../dns/reader.ts';
import { type PlainWriter, readRecord, writeRecord } from '../cache/record-wire.ts';
import type { Reply } from '../reply.ts';
import { type Cost, costs, type Limit } from '../work-budget.ts';
import { limitNumbers } from './question-batch.ts';

/** What became of a question: a reply, or a fault of ours in words. */
export interface GivenReply {
  readonly id: number;
  readonly spent: Readonly<Record<Cost, number>>;
  readonly exhausted: Limit | undefined;
  readonly reply: Reply | string;
}

/** What a reply may be besides its content, a bit each. */
const marks = {
  authoritative: 1,
  isCacheable: 2,
  isSilence: 4,
  isTruncated: 8,
  nameservers: 16,
  fault: 32,
} as const;

const origins: readonly Reply['origin'][] = [undefined, 'cache', 'stale', 'resolved'];

export function writeReply(writer: PlainWriter, { id, spent, exhausted, reply }: GivenReply): void {
  writer.uint32(id);
  writer.uint8(limitNumbers.indexOf(exhausted));
  for (const cost of costs) writer.uint32(spent[cost]);
  if (typeof reply === 'string') {
    writer.uint8(marks.fault);
    writeOctets(writer, Buffer.from(reply).subarray(0, 0xffff));
    return;
  }
  const { nameservers } = reply;
  writer.uint8(
    (reply.authoritative ? marks.authoritative : 0) |
      (reply.isCacheable ? marks.isCacheable : 0) |
      (reply.isSilence ? marks.isSilence : 0) |
      (reply.isTruncated ? marks.isTruncated : 0) |
      (nameservers ? marks.nameservers : 0),
  );
  writer.uint16(reply.rcode);
  writer.uint8(origins.indexOf(reply.origin));
  writeRecords(writer, reply.answers);
  writeRecords(writer, reply.authorities);
  writer.uint16(reply.options.length);
  for (const { code, data } of reply.options) {
    writer.uint16(code);
    writeOctets(writer, data);
  }
  if (!nameservers) return;
  writer.uint16(nameservers.length);
  for (const name of nameservers) writer.name(name);
}

/** Those of a batch, in their order. Their octets are views of it. */
export function* readReplies(octets: Uint8Array): Generator<GivenReply, void> {
  const reader = new Reader(octets);
  while (reader.remaining > 0) {
    const id = reader.uint32();
    const exhausted = limitNumbers[reader.uint8()];
    const [packets, bytes, nameBytes] = [reader.uint32(), reader.uint32(), reader.uint32()];
    yield { id, exhausted, spent: { packets, bytes, nameBytes }, reply: readReply(reader) };
  }
}

function readReply(reader: Reader): Reply | string {
  const bits = reader.uint8();
  if ((bits & marks.fault) !== 0) return Buffer.from(readOctets(reader)).toString();
  const rcode = reader.uint16();
  const origin = origins[reader.uint8()];
  const answers = readRecords(reader);
  const authorities = readRecords(reader);
  const options: EdnsOption[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1)
    options.push({ code: reader.uint16(), data: readOctets(reader) });
  const nameservers = (bits & marks.nameservers) === 0 ? undefined : readNames(reader);
  return {
    rcode,
    authoritative: (bits & marks.authoritative) !== 0,
    answers,
    authorities,
    options,
    ...(origin && { origin }),
    ...((bits & marks.isCacheable) !== 0 && { isCacheable: true }),
    ...(nameservers && { nameservers }),
    ...((bits & marks.isSilence) !== 0 && { isSilence: true }),
    ...((bits & marks.isTruncated) !== 0 && { isTruncated: true }),
  };
}

function writeRecords(writer: PlainWriter, records: readonly ResourceRecord[]): void {
  writer.uint16(records.length);
  for (const record of records) writeRecord(writer, record);
}

function readRecords(reader: Reader): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1) records.push(readRecord(reader));
  return records;
}

function readNames(reader: Reader): Name[] {
  const names: Name[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1) names.push(reader.plainName());
  return names;
}

function writeOctets(writer: PlainWriter, octets: Uint8Array): void {
  writer.uint16(octets.length);
  writer.bytes(octets);
}

function readOctets(reader: Reader): Uint8Array {
  return reader.take(reader.uint16());
}
