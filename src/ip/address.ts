/**
 * IP addresses as values: a family and octets in network order, with one canonical text.
 *
 * Everything past the configuration file works on these, never on strings. Text follows RFC 4291 section 2.2 on the
 * way in and RFC 5952 on the way out, so that equal addresses have equal text and `text` may serve as a map key.
 * Pure: no imports, no clock.
 */
export type IpFamily = 4 | 6;

export interface IpAddress {
  readonly family: IpFamily;
  /** 4 or 16 octets, network order. */
  readonly octets: Uint8Array;
  /** Canonical text: dotted quad, or RFC 5952. */
  readonly text: string;
}

/** Gives the address written as `text`, or undefined when it is not one. Zone identifiers are not accepted. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const octets = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return octets && ipAddress(octets);
}

/** The address with these 4 or 16 octets. */
export function ipAddress(octets: Uint8Array): IpAddress {
  return { family: octets.length === 4 ? 4 : 6, octets, text: formatIpAddress(octets) };
}

export function formatIpAddress(octets: Uint8Array): string {
  return octets.length === 4 ? octets.join('.') : formatIpv6(octets);
}

/** The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), else the address itself. */
export function unmapped(address: IpAddress): IpAddress {
  const { octets } = address;
  const mapped =
    address.family === 6 &&
    octets[10] === 0xff &&
    octets[11] === 0xff &&
    octets.subarray(0, 10).every(o => o === 0);
  return mapped ? ipAddress(octets.slice(12)) : address;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  // A leading zero is refused: some readers take it for octal, and two readings of one address are one too many.
  if (!parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  // Only the very end of an address may be a dotted quad.
  if (halves.length === 2 && halves[0]?.includes('.')) return undefined;
  const [head, tail] = halves.map(half => (half === '' ? [] : groups(half)));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])];
  return Uint8Array.from(all.flatMap(group => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of `::`; a dotted quad may stand for the last two. */
function groups(half: string): number[] | undefined {
  const parts = half.split(':');
  const last = parts.at(-1) ?? '';
  const quad = last.includes('.') ? parseIpv4(last) : undefined;
  if (last.includes('.') && !quad) return undefined;
  const hex = quad ? parts.slice(0, -1) : parts;
  if (!hex.every(part => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const values = hex.map(part => Number.parseInt(part, 16));
  if (quad) values.push(pair(quad, 0), pair(quad, 2));
  return values;
}

function pair(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

function formatIpv6(octets: Uint8Array): string {
  const values = Array.from({ length: 8 }, (_, index) => pair(octets, index * 2));
  const run = longestZeroRun(values);
  const hex = values.map(value => value.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

/** RFC 5952 section 4.2: the longest run of zero groups, the first of equals. */
function longestZeroRun(values: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= values.length; index += 1) {
    if (values[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}
