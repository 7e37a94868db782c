/**
 * The parameters of SVCB and HTTPS records, and how each is shown (RFC 9460 sections 7 and 8).
 *
 * A value that breaks its key's format is shown in the generic form `keyNNN="..."` instead: a record is not refused
 * for a parameter that only the client uses.
 */

import { formatIpAddress } from '../../ip/address.ts';
import { formatBase64, quoteText } from '../presentation.ts';
import { uint16At } from '../uint16.ts';

export interface ServiceParameter {
  readonly key: number;
  readonly value: Uint8Array;
}

interface ParameterFormat {
  readonly key: number;
  readonly name: string;
  /** The text after `=`, empty for none; undefined when the value is malformed. */
  readonly format: (value: Uint8Array) => string | undefined;
}

/** Source: IANA "DNS Service Bindings (SVCB)", Service Parameter Keys. */
const formats: readonly ParameterFormat[] = [
  { key: 0, name: 'mandatory', format: formatKeys },
  { key: 1, name: 'alpn', format: formatProtocols },
  { key: 2, name: 'no-default-alpn', format: formatNothing },
  { key: 3, name: 'port', format: value => (value.length === 2 ? String(uint16At(value, 0)) : undefined) },
  { key: 4, name: 'ipv4hint', format: value => formatAddresses(value, 4) },
  { key: 5, name: 'ech', format: formatBase64 },
  { key: 6, name: 'ipv6hint', format: value => formatAddresses(value, 16) },
  { key: 7, name: 'dohpath', format: quoteText },
  { key: 8, name: 'ohttp', format: formatNothing },
];

export function formatServiceParameter({ key, value }: ServiceParameter): string {
  const known = formats.find(format => format.key === key);
  const text = known?.format(value);
  if (known && text !== undefined) return text === '' ? known.name : `${known.name}=${text}`;
  return value.length === 0 ? `key${key}` : `key${key}=${quoteText(value)}`;
}

/** The number of a key that is written by its name, or as `keyNNN`; undefined for what is none (RFC 9460 section 2.1). */
export function serviceKey(text: string): number | undefined {
  const known = formats.find(({ name }) => name === text);
  if (known) return known.key;
  const number = /^key(0|[1-9]\d{0,4})$/.exec(text)?.[1];
  // Section 14.3.2: 65535 is no key.
  return number !== undefined && Number(number) < 0xffff ? Number(number) : undefined;
}

function formatNothing(value: Uint8Array): string | undefined {
  return value.length === 0 ? '' : undefined;
}

function formatKeys(value: Uint8Array): string | undefined {
  if (value.length === 0 || value.length % 2 !== 0) return undefined;
  const names: string[] = [];
  for (let at = 0; at < value.length; at += 2) {
    const key = uint16At(value, at);
    names.push(formats.find(format => format.key === key)?.name ?? `key${key}`);
  }
  return names.join(',');
}

/** Protocol identifiers, each after its length. A comma inside one is escaped as an item first, as text after (appendix A.1). */
function formatProtocols(value: Uint8Array): string | undefined {
  const items: number[] = [];
  for (let at = 0; at < value.length; ) {
    const end = at + 1 + (value[at] ?? 0);
    if (end === at + 1 || end > value.length) return undefined;
    if (at > 0) items.push(comma);
    for (const octet of value.subarray(at + 1, end)) {
      if (octet === comma || octet === backslash) items.push(backslash);
      items.push(octet);
    }
    at = end;
  }
  return items.length === 0 ? undefined : quoteText(Uint8Array.from(items));
}

function formatAddresses(value: Uint8Array, size: number): string | undefined {
  if (value.length === 0 || value.length % size !== 0) return undefined;
  const addresses: string[] = [];
  for (let at = 0; at < value.length; at += size)
    addresses.push(formatIpAddress(value.subarray(at, at + size)));
  return addresses.join(',');
}

const comma = 0x2c;
const backslash = 0x5c;
