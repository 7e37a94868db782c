/** One resource record from one line of text, as `dig` and zone files write it: name, TTL and class in either order, type, data. */
import type { ResourceRecord } from '../message.ts';
import { type Name, rootName } from '../name.ts';
import { parseRecordClass, recordClasses } from '../record-class.ts';
import { parseRecordType, recordTypes } from '../record-type.ts';
import { parseRdata, parseZoneName, readTtl } from './parse-rdata.ts';
import { TextFault } from './text-fault.ts';
import { octetText, type Token, tokensOf } from './tokens.ts';

export interface RecordContext {
  /** What relative names are below. */
  readonly origin: Name;
  /** The TTL of a record without one; such a record is a fault without it. */
  readonly ttl?: number;
}

/** Characters in a line: more than the longest record that anyone writes. */
const longestLine = 65_536;

/** `www.corp.example. 300 A 192.0.2.1`; TTL 3600 s when none is written. @throws TextFault for what is no record of the Internet class. */
export function parseRecord(
  line: string,
  context: RecordContext = { origin: rootName, ttl: 3600 },
): ResourceRecord {
  if (line.length > longestLine) throw new TextFault(`a record of over ${longestLine} characters`);
  const [owner, ...rest] = tokensOf(octetText(line)).tokens;
  if (!owner) throw new TextFault('there is no record in an empty line');
  return recordOf(parseZoneName(owner.text, context.origin), rest, context);
}

/** The record of `owner` whose other words are these. @throws TextFault */
export function recordOf(
  owner: Name,
  tokens: readonly Token[],
  { origin, ttl }: RecordContext,
): ResourceRecord {
  let seconds = ttl;
  let at = 0;
  for (; at < 2; at += 1) {
    const text = tokens[at]?.text ?? '';
    const written = readTtl(text);
    const rrClass = parseRecordClass(text);
    if (written === undefined && rrClass === undefined) break;
    if (rrClass !== undefined && rrClass !== recordClasses.IN)
      throw new TextFault(`class ${text}: only records of the Internet class`);
    if (written !== undefined) seconds = written;
  }
  const typeText = tokens[at]?.text ?? '';
  const type = parseRecordType(typeText);
  if (type === undefined) throw new TextFault(`'${typeText}' is no record type`);
  if (type === 0 || type === recordTypes.OPT || (type >= 128 && type <= 255))
    throw new TextFault(`${typeText} is no type of data`);
  const rdata = parseRdata(type, tokens.slice(at + 1), origin);
  // Many files have no TTL before their SOA record, whose minimum was the default once (RFC 1035 section 3.3.13).
  seconds ??= rdata.kind === 'SOA' ? rdata.minimum : undefined;
  if (seconds === undefined) throw new TextFault('no TTL, and none before it');
  return { name: owner, type, class: recordClasses.IN, ttl: seconds, rdata };
}
