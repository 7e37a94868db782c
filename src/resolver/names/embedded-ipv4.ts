/** IPv4 addresses inside IPv6 addresses (RFC 6052 section 2.2): after the prefix, around the octet that must be zero. */
import type { IpPrefix } from '../../ip/prefix.ts';
import { prefixContains } from '../../ip/prefix.ts';

/** Bits 64 to 71 are zero whatever the prefix. */
const zeroOctet = 8;

/** `prefix` is of IPv6, 32, 40, 48, 56, 64 or 96 bits long; `ipv4` is 4 octets. */
export function embedIpv4({ octets, length }: IpPrefix, ipv4: Uint8Array): Uint8Array {
  const address = octets.slice();
  for (const [index, at] of placesOf(length).entries()) address[at] = ipv4[index] ?? 0;
  return address;
}

/** Undefined for an address that is not in the prefix, or that no IPv4 address gives: its other bits are zero. */
export function extractIpv4(prefix: IpPrefix, address: Uint8Array): Uint8Array | undefined {
  if (!prefixContains(prefix, address)) return undefined;
  const ipv4 = Uint8Array.from(placesOf(prefix.length), at => address[at] ?? 0);
  const whole = embedIpv4(prefix, ipv4);
  return whole.every((octet, index) => octet === address[index]) ? ipv4 : undefined;
}

/** Where in the address the four octets are. */
function placesOf(length: number): number[] {
  const places: number[] = [];
  for (let at = length / 8; places.length < 4; at += 1) if (at !== zeroOctet) places.push(at);
  return places;
}
