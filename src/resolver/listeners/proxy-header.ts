/**
 * The PROXY protocol, version 2: what a proxy puts before a connection's first octet, or before each datagram, to say for
 * whom it speaks. Pure; bounded by the length the header states, which may not exceed `longestProxyHeader`.
 *
 * Version 1 (text) is not read: a proxy for DNS speaks version 2. TLVs after the addresses are skipped unread, and a
 * destination is of no use to us.
 *
 * Source: HAProxy, "The PROXY protocol, versions 1 & 2", section 2.2.
 */
import { type IpAddress, ipAddress, unmapped } from '../../ip/address.ts';

export interface ProxyHeader {
  /** Octets of the header: what follows them is what the client said. */
  readonly size: number;
  /** The client; undefined when the proxy speaks for itself (LOCAL), or does not know for whom. */
  readonly source: IpAddress | undefined;
}

/** A header, `more` while its octets do not suffice to tell, or why it is none. */
export type ProxyReading = ProxyHeader | 'more' | 'malformed';

const signature = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

/** Signature, version and command, family and protocol, length. */
const fixedSize = 16;

/** Two IPv6 addresses with ports take 52; dnsdist, HAProxy and cloud load balancers add TLVs of a few hundred octets. */
export const longestProxyHeader = 2048;

const version2 = 0x2;
const commands = { local: 0x0, proxy: 0x1 } as const;

/** Octets of both addresses and ports, and of one address, by address family. AF_UNIX names no client of ours. */
const families: Readonly<Record<number, { readonly length: number; readonly address: number }>> = {
  0: { length: 0, address: 0 },
  1: { length: 12, address: 4 },
  2: { length: 36, address: 16 },
};

/** Unspecified, stream, datagram. */
const lastProtocol = 0x2;

/** Whether these octets begin as a header does; for fewer than twelve octets, no. */
export function hasProxySignature(octets: Uint8Array): boolean {
  return octets.length >= signature.length && startsAsSignature(octets);
}

/** Reads the header at the start of `octets`, which may hold more. */
export function readProxyHeader(octets: Uint8Array): ProxyReading {
  if (!startsAsSignature(octets)) return 'malformed';
  if (octets.length < fixedSize) return 'more';
  const [versionAndCommand = 0, familyAndProtocol = 0, high = 0, low = 0] = octets.subarray(
    signature.length,
    fixedSize,
  );
  const command = versionAndCommand & 0x0f;
  const length = (high << 8) | low;
  const size = fixedSize + length;
  if (versionAndCommand >> 4 !== version2 || command > commands.proxy) return 'malformed';
  if (size > longestProxyHeader) return 'malformed';
  const family = families[familyAndProtocol >> 4];
  const isKnown = family !== undefined && (familyAndProtocol & 0x0f) <= lastProtocol;
  // Whatever a LOCAL header says of families and addresses is to be ignored.
  if (command === commands.proxy && (!isKnown || length < family.length)) return 'malformed';
  if (octets.length < size) return 'more';
  const isNamed = command === commands.proxy && family !== undefined && family.address > 0;
  const source = isNamed
    ? unmapped(ipAddress(octets.slice(fixedSize, fixedSize + family.address)))
    : undefined;
  return { size, source };
}

function startsAsSignature(octets: Uint8Array): boolean {
  const known = Math.min(octets.length, signature.length);
  for (let index = 0; index < known; index += 1) if (octets[index] !== signature[index]) return false;
  return true;
}
