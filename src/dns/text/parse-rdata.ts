/**
 * Record data from its presentation format, for the types that people write by hand. All others, and these too, may be
 * written as octets (RFC 3597 section 5): `\# 4 c0000201`.
 */
import { parseIpAddress } from '../../ip/address.ts';
import { type Name, parseName, replaceAncestor, rootName } from '../name.ts';
import { decodeRdata, type Rdata } from '../rdata/record-data.ts';
import type { ServiceRdata } from '../rdata/shapes/service.ts';
import { Reader } from '../reader.ts';
import { recordClasses } from '../record-class.ts';
import { recordTypeName, recordTypes } from '../record-type.ts';
import { WireFault } from '../wire-fault.ts';
import { parseServiceParameters } from './parse-service-parameters.ts';
import { TextFault } from './text-fault.ts';
import { characterString, type Token } from './tokens.ts';

/** Seconds, or with units as BIND writes them: `1h30m`. At most what a TTL can be (RFC 2181 section 8). @throws TextFault */
export function parseTtl(text: string): number {
  const seconds = readTtl(text);
  if (seconds === undefined) throw new TextFault(`'${text}' is no number of seconds`);
  return seconds;
}

/** As `parseTtl`; undefined for what is none. */
export function readTtl(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) <= 0x7fff_ffff ? Number(text) : undefined;
  if (!/^(?:\d{1,9}[smhdw])+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, digits = '', unit = ''] of text.matchAll(/(\d+)([smhdw])/gi))
    seconds += Number(digits) * (unitSeconds[unit.toLowerCase()] ?? 0);
  return seconds <= 0x7fff_ffff ? seconds : undefined;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A name as a zone file has it: `@` for the origin, without a trailing dot below the origin. @throws TextFault */
export function parseZoneName(text: string, origin: Name): Name {
  if (text === '@') return origin;
  const name = parseName(text);
  if (!name) throw new TextFault(`'${text}' is not a domain name`);
  if (endsInDot(text)) return name;
  const whole = replaceAncestor(name, rootName, origin);
  if (!whole) throw new TextFault(`'${text}' is too long below its origin`);
  return whole;
}

/** Whether the last dot is a dot and not an octet of the label. */
function endsInDot(text: string): boolean {
  const escapes = /(\\*)\.$/.exec(text)?.[1];
  return escapes !== undefined && escapes.length % 2 === 0;
}

/** The fields that are left to read. */
class Fields {
  readonly #tokens: readonly Token[];
  readonly #origin: Name;
  #at = 0;

  constructor(tokens: readonly Token[], origin: Name) {
    this.#tokens = tokens;
    this.#origin = origin;
  }

  take(what: string): Token {
    const token = this.#tokens[this.#at];
    if (!token) throw new TextFault(`${what} is missing`);
    this.#at += 1;
    return token;
  }

  rest(): readonly Token[] {
    const rest = this.#tokens.slice(this.#at);
    this.#at = this.#tokens.length;
    return rest;
  }

  name(what: string): Name {
    return parseZoneName(this.take(what).text, this.#origin);
  }

  number(what: string, most: number): number {
    const { text } = this.take(what);
    if (!/^\d{1,10}$/.test(text) || Number(text) > most)
      throw new TextFault(`'${text}' is no ${what}: a number up to ${most}`);
    return Number(text);
  }

  address(family: 4 | 6): Uint8Array {
    const { text } = this.take('the address');
    const address = parseIpAddress(text);
    if (address?.family !== family) throw new TextFault(`'${text}' is not an IPv${family} address`);
    return address.octets;
  }

  end(): void {
    const left = this.#tokens[this.#at];
    if (left) throw new TextFault(`'${left.text}' is one field too many`);
  }
}

type FieldReader = (fields: Fields) => Rdata;

const readers: ReadonlyMap<number, FieldReader> = new Map<number, FieldReader>([
  [recordTypes.A, fields => ({ kind: 'A', address: fields.address(4) })],
  [recordTypes.AAAA, fields => ({ kind: 'AAAA', address: fields.address(6) })],
  [recordTypes.CNAME, fields => ({ kind: 'CNAME', target: fields.name('the target') })],
  [recordTypes.DNAME, fields => ({ kind: 'DNAME', target: fields.name('the target') })],
  [recordTypes.NS, fields => ({ kind: 'NS', target: fields.name('the name server') })],
  [recordTypes.PTR, fields => ({ kind: 'PTR', target: fields.name('the target') })],
  [
    recordTypes.MX,
    fields => ({
      kind: 'MX',
      preference: fields.number('preference', 0xffff),
      exchange: fields.name('the mail exchange'),
    }),
  ],
  [
    recordTypes.SRV,
    fields => ({
      kind: 'SRV',
      priority: fields.number('priority', 0xffff),
      weight: fields.number('weight', 0xffff),
      port: fields.number('port', 0xffff),
      target: fields.name('the target'),
    }),
  ],
  [
    recordTypes.TXT,
    fields => ({
      kind: 'TXT',
      strings: bounded([fields.take('the text'), ...fields.rest()].map(token => characterString(token))),
    }),
  ],
  [recordTypes.CAA, readCaa],
  [recordTypes.SVCB, fields => ({ kind: 'SVCB', ...readService(fields) })],
  [recordTypes.HTTPS, fields => ({ kind: 'HTTPS', ...readService(fields) })],
  [
    recordTypes.SOA,
    fields => ({
      kind: 'SOA',
      mname: fields.name('the primary server'),
      rname: fields.name('the mailbox'),
      serial: fields.number('serial', 0xffff_ffff),
      refresh: parseTtl(fields.take('the refresh time').text),
      retry: parseTtl(fields.take('the retry time').text),
      expire: parseTtl(fields.take('the expiry').text),
      minimum: parseTtl(fields.take('the minimum').text),
    }),
  ],
]);

function readService(fields: Fields): Omit<ServiceRdata<'SVCB'>, 'kind'> {
  const priority = fields.number('priority', 0xffff);
  const target = fields.name('the target');
  const parameters = parseServiceParameters(fields.rest());
  const length = parameters.reduce((sum, { value }) => sum + 4 + value.length, 2 + target.length);
  if (length > longestRdata) throw new TextFault(`service parameters of ${length} octets`);
  return { priority, target, parameters };
}

/** What RDLENGTH can say. */
const longestRdata = 0xffff;

function bounded(strings: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = strings.reduce((sum, each) => sum + 1 + each.length, 0);
  if (length > longestRdata) throw new TextFault(`text of ${length} octets: at most ${longestRdata}`);
  return strings;
}

/** RFC 8659 section 4.1.1: the tag is letters and digits. The value is limited by RDLENGTH alone. */
function readCaa(fields: Fields): Rdata {
  const flags = fields.number('flags', 255);
  const { text } = fields.take('the tag');
  if (!/^[a-z0-9]{1,255}$/i.test(text)) throw new TextFault(`'${text}' is no tag`);
  const value = characterString(fields.take('the value'), 4096);
  return { kind: 'CAA', flags, tag: new TextEncoder().encode(text), value };
}

/** The data of a record of the Internet class. Relative names are below `origin`. @throws TextFault */
export function parseRdata(type: number, tokens: readonly Token[], origin: Name = rootName): Rdata {
  const fields = new Fields(tokens, origin);
  const [first] = tokens;
  const rdata =
    first?.text === '\\#' && !first.isQuoted ? readOctets(type, fields) : readFields(type, fields);
  fields.end();
  return rdata;
}

function readFields(type: number, fields: Fields): Rdata {
  const read = readers.get(type);
  if (!read)
    throw new TextFault(
      `${recordTypeName(type)} is not read in its own format here: write its octets, \\# LENGTH HEX`,
    );
  return read(fields);
}

function readOctets(type: number, fields: Fields): Rdata {
  fields.take('\\#');
  const length = fields.number('length', 0xffff);
  const hex = fields
    .rest()
    .map(({ text }) => text)
    .join('');
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex) || hex.length !== length * 2)
    throw new TextFault(`not ${length} octets in hexadecimal`);
  const octets = Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
  try {
    return decodeRdata(new Reader(octets), type, recordClasses.IN, length);
  } catch (cause) {
    if (cause instanceof WireFault) throw new TextFault(`no ${recordTypeName(type)} data: ${cause.message}`);
    throw cause;
  }
}
