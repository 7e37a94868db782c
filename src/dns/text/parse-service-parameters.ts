/**
 * The parameters of SVCB and HTTPS records from text (RFC 9460 section 2.1 and appendix A): `alpn="h2,h3" port=8443`.
 *
 * What the RFC calls malformed is refused, so that nobody publishes what clients must ignore: a key twice, a value that is
 * missing or is none of its key's, a mandatory key that is not there.
 */
import { parseIpAddress } from '../../ip/address.ts';
import { type ServiceParameter, serviceKey } from '../rdata/service-parameter.ts';
import { TextFault } from './text-fault.ts';
import { characterString, type Token } from './tokens.ts';

/** Octets: what the length before a value can say. */
const longestValue = 0xffff;

const mandatory = 0;
const alpn = 1;
const noDefaultAlpn = 2;

/** In rising order of their keys, as the wire has them. @throws TextFault */
export function parseServiceParameters(tokens: readonly Token[]): ServiceParameter[] {
  const parameters = wholeParameters(tokens).map(parseParameter);
  parameters.sort((first, second) => first.key - second.key);
  const keys = new Set(parameters.map(({ key }) => key));
  if (keys.size < parameters.length) throw new TextFault('a service parameter is there twice');
  for (const key of mandatoryKeys(parameters))
    if (!keys.has(key)) throw new TextFault(`key ${key} is mandatory and is not there`);
  // Section 7.1.1.
  if (keys.has(noDefaultAlpn) && !keys.has(alpn)) throw new TextFault('no-default-alpn needs alpn beside it');
  return parameters;
}

/** Each parameter in one text: a value in quotes is a word of its own. */
function wholeParameters(tokens: readonly Token[]): string[] {
  const whole: string[] = [];
  for (const { text, isQuoted, isAttached } of tokens) {
    const before = whole.at(-1);
    if (!isQuoted) whole.push(text);
    else if (isAttached && before !== undefined && /^[^=]*=$/.test(before))
      whole[whole.length - 1] = before + text;
    else throw new TextFault(`'${text}' is no service parameter`);
  }
  return whole;
}

function parseParameter(text: string): ServiceParameter {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const key = keyOf(name);
  const octets = equals < 0 ? undefined : characterString({ text: text.slice(equals + 1) }, longestValue);
  const value = readValue(key, octets ?? none);
  if (!value) throw new TextFault(`'${text}' is no value of ${name}`);
  return { key, value };
}

function keyOf(name: string): number {
  const key = serviceKey(name);
  if (key === undefined) throw new TextFault(`'${name}' is no service parameter`);
  return key;
}

/** Undefined for what breaks the key's format (sections 7 and 8, RFC 9461 section 5). Of other keys any octets will do. */
function readValue(key: number, octets: Uint8Array): Uint8Array | undefined {
  return (readers[key] ?? anything)(octets);
}

type ValueReader = (octets: Uint8Array) => Uint8Array | undefined;

const none = new Uint8Array(0);
const anything: ValueReader = octets => octets;
const something: ValueReader = octets => (octets.length > 0 ? octets : undefined);
const nothing: ValueReader = octets => (octets.length === 0 ? octets : undefined);

/** By key: mandatory, alpn, no-default-alpn, port, ipv4hint, ech, ipv6hint, dohpath, ohttp. */
const readers: readonly ValueReader[] = [
  readMandatory,
  readProtocols,
  nothing,
  readPort,
  octets => readAddresses(octets, 4),
  readBase64,
  octets => readAddresses(octets, 6),
  something,
  nothing,
];

/** Section 8: at least one, none twice, itself not among them. */
function readMandatory(octets: Uint8Array): Uint8Array | undefined {
  const keys = textOf(octets).split(',').map(keyOf);
  keys.sort((first, second) => first - second);
  if (keys.includes(mandatory) || new Set(keys).size < keys.length) return undefined;
  return Uint8Array.from(keys.flatMap(key => [key >> 8, key & 0xff]));
}

function mandatoryKeys(parameters: readonly ServiceParameter[]): number[] {
  const { value = none } = parameters.find(({ key }) => key === mandatory) ?? {};
  return Array.from({ length: value.length / 2 }, (_, index) => {
    const [high = 0, low = 0] = value.subarray(index * 2);
    return (high << 8) | low;
  });
}

/** Appendix A.1: items apart by commas; a backslash before a comma or a backslash that is part of one. */
function readProtocols(octets: Uint8Array): Uint8Array | undefined {
  const items = [...textOf(octets).matchAll(/((?:\\[\\,]|[^\\,])*)(,|$)/g)];
  // After the last item the expression finds one more, empty, at the very end.
  const texts = items.slice(0, items.findIndex(([, , end]) => end === '') + 1).map(([, text = '']) => text);
  const written = texts.join(',').length === octets.length;
  const protocols = texts.map(text => text.replace(/\\([\\,])/g, '$1'));
  if (!written || protocols.some(({ length }) => length === 0 || length > 255)) return undefined;
  return Uint8Array.from(
    protocols.flatMap(text => [text.length, ...Array.from(text, each => each.charCodeAt(0))]),
  );
}

function readPort(octets: Uint8Array): Uint8Array | undefined {
  const text = textOf(octets);
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 0xffff ? Uint8Array.of(port >> 8, port & 0xff) : undefined;
}

function readAddresses(octets: Uint8Array, family: 4 | 6): Uint8Array | undefined {
  const addresses = textOf(octets).split(',').map(parseIpAddress);
  if (!addresses.every(address => address?.family === family)) return undefined;
  return Uint8Array.from(addresses.flatMap(address => [...(address?.octets ?? none)]));
}

/** RFC 4648 section 4, padded. */
function readBase64(octets: Uint8Array): Uint8Array | undefined {
  const text = textOf(octets);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) || text === '')
    return undefined;
  return Uint8Array.from(atob(text), each => each.charCodeAt(0));
}

/** A character an octet. */
function textOf(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
