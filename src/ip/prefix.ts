/** IP prefixes as values: containment and overlap over octets. Pure. */
import { type IpAddress, type IpFamily, ipAddress, parseIpAddress } from './address.ts';

export interface IpPrefix {
  readonly family: IpFamily;
  /** The network address: bits past `length` are zero. */
  readonly octets: Uint8Array;
  readonly length: number;
  /** Canonical text, `address/length`; equal prefixes have equal text. */
  readonly text: string;
}

/** Gives the prefix written as `text` (`address/length`), or undefined when it is not one or has host bits set. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const [addressText = '', lengthText = '', extra] = text.split('/');
  if (extra !== undefined || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const address = parseIpAddress(addressText);
  const length = Number(lengthText);
  if (!address || length > address.octets.length * 8) return undefined;
  const prefix = coveringPrefix(address, length);
  return prefix.octets.every((octet, index) => octet === address.octets[index]) ? prefix : undefined;
}

/** The /32 or /128 of one address. */
export function hostPrefix(address: IpAddress): IpPrefix {
  return coveringPrefix(address, address.octets.length * 8);
}

/** The prefix of `length` bits that `address` lies in. */
export function coveringPrefix(address: IpAddress, length: number): IpPrefix {
  const octets = address.octets.map((octet, index) => octet & maskOctet(length, index));
  return { family: address.family, octets, length, text: `${ipAddress(octets).text}/${length}` };
}

/** Whether the address of these octets lies in the prefix. Allocates nothing: it stands in the query path. */
export function prefixContains(prefix: IpPrefix, octets: Uint8Array): boolean {
  if (octets.length !== prefix.octets.length) return false;
  for (let index = 0; index * 8 < prefix.length; index += 1) {
    if (((octets[index] ?? 0) & maskOctet(prefix.length, index)) !== prefix.octets[index]) return false;
  }
  return true;
}

export function prefixesOverlap(a: IpPrefix, b: IpPrefix): boolean {
  return a.length <= b.length ? prefixContains(a, b.octets) : prefixContains(b, a.octets);
}

/** The mask of octet number `index` in a prefix of `length` bits. */
function maskOctet(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
