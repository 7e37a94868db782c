/**
 * DNS messages (RFC 1035 section 4) between octets and values.
 *
 * Any octets give a Message or a WireFault, in time and memory bounded by their number: see `reader.ts` for names; the
 * counts in the header allocate nothing. The OPT record is taken out of the additional section and its part of the rcode
 * merged, so that nothing above this file knows that EDNS is a record.
 *
 * Octets after the last counted record are a fault. Others ignore them; but two readers that disagree on where a message
 * ends are how an option gets past a proxy unseen.
 *
 * Octets in a decoded Message are views of the input: whoever reuses the buffer copies first, and whoever keeps one
 * record keeps the message's memory.
 */
import { bareOptSize, decodeOpt, type Edns, encodeOpt, type OptRecord, optionHeadSize } from './edns.ts';
import { decodeHeader, type Flags, type Header, headerBits, headerSize } from './header.ts';
import { equalNames, type Name } from './name.ts';
import { paddingOption } from './options/padding.ts';
import { decodeRdata, encodeRdata, type Rdata } from './rdata/record-data.ts';
import { Reader } from './reader.ts';
import { recordTypes } from './record-type.ts';
import { WireFault } from './wire-fault.ts';
import { Writer } from './writer.ts';

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds, 0 to 2^31-1; more on the wire means 0 (RFC 2181 section 8). */
  readonly ttl: number;
  readonly rdata: Rdata;
}

export interface Message {
  readonly id: number;
  readonly opcode: number;
  /** All twelve bits (RFC 6891 section 6.1.3). */
  readonly rcode: number;
  readonly flags: Flags;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without the OPT record. */
  readonly additionals: readonly ResourceRecord[];
  /** The OPT record; none when the sender does not speak EDNS. */
  readonly edns?: Edns | undefined;
}

export interface EncodeOptions {
  /** Octets the message may have; 65535 by default. */
  readonly maxSize?: number;
  /** Pads to a multiple of this many octets where `maxSize` leaves room and there is an OPT record (RFC 8467). */
  readonly padTo?: number;
}

/** What a two-octet TCP length can announce (RFC 1035 section 4.2.2). */
export const maxMessageSize = 65_535;

const maxTtl = 0x7fff_ffff;

/** What reading messages has cost; whoever keeps an account of it gives one to `decodeMessage`. */
export interface DecodingTally {
  /** Octets that compressed names expanded to, and one per pointer followed. */
  nameOctets: number;
}

/**
 * Reads one message; `header` is what `decodeHeader` has made of the same octets.
 * @throws WireFault for anything that is not exactly one well-formed message.
 */
export function decodeMessage(
  octets: Uint8Array,
  tally?: DecodingTally,
  header = decodeHeader(octets),
): Message {
  if (!header) throw new WireFault('truncated', 'fewer octets than a header', octets.length);
  const reader = new Reader(octets);
  reader.offset = headerSize;
  try {
    return decodeSections(reader, header);
  } finally {
    if (tally) tally.nameOctets += reader.expanded;
  }
}

function decodeSections(reader: Reader, header: Header): Message {
  const [questionCount, answerCount, authorityCount, additionalCount] = header.counts;
  const questions = decodeQuestions(reader, questionCount);
  const answers = decodeRecords(reader, answerCount);
  const authorities = decodeRecords(reader, authorityCount);
  const opt: OptSlot = { record: undefined };
  const additionals = decodeRecords(reader, additionalCount, opt);
  if (reader.remaining > 0) throw reader.fault('trailing-octets', `${reader.remaining} octets too many`);
  const { id, opcode, flags } = header;
  const rcode = header.rcode | ((opt.record?.rcodeHigh ?? 0) << 4);
  if (!opt.record) return { id, opcode, rcode, flags, questions, answers, authorities, additionals };
  const { edns } = opt.record;
  return { id, opcode, rcode, flags, questions, answers, authorities, additionals, edns };
}

function decodeQuestions(reader: Reader, count: number): Question[] {
  const questions: Question[] = [];
  for (let left = count; left > 0; left -= 1) {
    questions.push({ name: reader.name(), type: reader.uint16(), class: reader.uint16() });
  }
  return questions;
}

/** Where an OPT record goes that is found on the way. */
interface OptSlot {
  record: OptRecord | undefined;
}

/** Reads one section. `opt` is given for the only section that may hold an OPT record (RFC 6891 section 6.1.1). */
function decodeRecords(reader: Reader, count: number, opt?: OptSlot): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  for (let left = count; left > 0; left -= 1) {
    const start = reader.offset;
    const name = reader.name();
    const type = reader.uint16();
    if (type === recordTypes.OPT) {
      if (!opt || name.length !== 1) throw reader.fault('misplaced-opt', 'OPT where none may be', start);
      if (opt.record) throw reader.fault('duplicate-opt', 'a second OPT record', start);
      opt.record = decodeOpt(reader);
      continue;
    }
    const rrClass = reader.uint16();
    const ttl = reader.uint32();
    const rdata = decodeRdata(reader, type, rrClass, reader.uint16());
    records.push({ name, type, class: rrClass, ttl: ttl > maxTtl ? 0 : ttl, rdata });
  }
  return records;
}

/**
 * Writes a message of at most `maxSize` octets. What does not fit is left out by whole RRsets (adjacent records of one
 * name, type and class): from the first that does not fit, nothing more is written but the OPT record, and TC is set
 * unless only additionals are missing (RFC 2181 section 9). EDNS options that would not fit even so are left out from
 * the last on: put the dispensable ones there.
 *
 * The result is a view of a buffer that it shares with other messages.
 * @throws RangeError for values that no message can hold, such as an rcode over 15 without EDNS, or questions alone
 * longer than `maxSize`.
 */
export function encodeMessage(message: Message, options: EncodeOptions = {}): Uint8Array {
  const { maxSize = maxMessageSize, padTo } = options;
  const { questions, rcode } = message;
  if (rcode > 0xf && !message.edns) throw new RangeError(`rcode ${rcode} needs EDNS`);
  const writer = new Writer();
  writer.bytes(blankHeader);
  for (const question of questions) {
    writer.compressedName(question.name);
    writer.uint16(question.type);
    writer.uint16(question.class);
  }
  const edns = message.edns && fittingOptions(message.edns, maxSize - writer.length);
  const room = maxSize - (edns ? optSize(edns) : 0);
  if (writer.length > room) throw new RangeError(`questions of ${writer.length} octets, at most ${room}`);
  const { counts, isTruncated } = writeSections(writer, message, room);
  if (edns) {
    const padded = padTo === undefined ? edns : withPadding(edns, padTo, { maxSize, length: writer.length });
    encodeOpt(writer, { edns: padded, rcodeHigh: rcode >> 4 });
    counts[2] += 1;
  }
  const flags = isTruncated ? { ...message.flags, tc: true } : message.flags;
  writer.setUint16(0, message.id);
  writer.setUint16(2, headerBits(message.opcode, rcode, flags));
  writer.setUint16(4, questions.length);
  writer.setUint16(6, counts[0]);
  writer.setUint16(8, counts[1]);
  writer.setUint16(10, counts[2]);
  return writer.finish();
}

const blankHeader = new Uint8Array(headerSize);

interface WrittenSections {
  /** Records written per section: answers, authorities, additionals. */
  readonly counts: [number, number, number];
  /** Something is missing that the client cannot do without. */
  readonly isTruncated: boolean;
}

function writeSections(writer: Writer, message: Message, room: number): WrittenSections {
  const { answers, authorities, additionals } = message;
  const counts: [number, number, number] = [0, 0, 0];
  counts[0] = writeRecords(writer, answers, room);
  if (counts[0] < answers.length) return { counts, isTruncated: true };
  counts[1] = writeRecords(writer, authorities, room);
  if (counts[1] < authorities.length) return { counts, isTruncated: true };
  counts[2] = writeRecords(writer, additionals, room);
  return { counts, isTruncated: false };
}

/** Writes whole RRsets up to `room` octets of message, and gives the number of records written. */
function writeRecords(writer: Writer, records: readonly ResourceRecord[], room: number): number {
  let rrsetIndex = 0;
  let rrsetStart = writer.length;
  let previous: ResourceRecord | undefined;
  let index = 0;
  for (const record of records) {
    if (!previous || !isSameRrset(previous, record)) {
      rrsetIndex = index;
      rrsetStart = writer.length;
    }
    writeRecord(writer, record);
    if (writer.length > room) {
      writer.rewind(rrsetStart);
      return rrsetIndex;
    }
    previous = record;
    index += 1;
  }
  return index;
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  writer.compressedName(record.name);
  writer.uint16(record.type);
  writer.uint16(record.class);
  writer.uint32(record.ttl);
  const length = writer.openLength();
  encodeRdata(writer, record.type, record.rdata);
  writer.closeLength(length);
}

function isSameRrset(a: ResourceRecord, b: ResourceRecord): boolean {
  return a.type === b.type && a.class === b.class && equalNames(a.name, b.name);
}

/** The OPT fields with as many of the options, from the first on, as `room` octets hold. */
function fittingOptions(edns: Edns, room: number): Edns {
  let fitting = edns;
  for (let count = edns.options.length; count > 0 && optSize(fitting) > room; count -= 1)
    fitting = { ...edns, options: edns.options.slice(0, count - 1) };
  return fitting;
}

/** The OPT fields with a padding option that makes the message, `length` octets before OPT, a multiple of `padTo`. */
function withPadding(edns: Edns, padTo: number, size: { maxSize: number; length: number }): Edns {
  const unpadded = size.length + optSize(edns) + optionHeadSize;
  const padding = Math.min((padTo - (unpadded % padTo)) % padTo, size.maxSize - unpadded);
  return padding < 0 ? edns : { ...edns, options: [...edns.options, paddingOption(padding)] };
}

function optSize({ options }: Edns): number {
  return options.reduce((size, { data }) => size + optionHeadSize + data.length, bareOptSize);
}
