/** A socket address as the kernel writes it: sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)), eight 32-bit words apart. */

/** Octets of sockaddr_in6, the longer of the two. */
export const addressOctets = 28;
const ipv4Octets = 16;
/** From one address to the next, of which the last word is not used. */
export const wordsPerAddress = 8;

const families = { ipv4: 2, ipv6: 10 } as const;

/** 4 or 16 octets in network order, and the port. */
export interface SocketEndpoint {
  readonly octets: Uint8Array;
  readonly port: number;
}

export function encodeEndpoint({ octets, port }: SocketEndpoint): Uint8Array {
  const isIpv6 = octets.length === 16;
  const address = new Uint8Array(isIpv6 ? addressOctets : ipv4Octets);
  const view = new DataView(address.buffer);
  // The family alone is in the machine's own order, little on both architectures that this is for.
  view.setUint16(0, isIpv6 ? families.ipv6 : families.ipv4, true);
  view.setUint16(2, port);
  address.set(octets, isIpv6 ? 8 : 4);
  return address;
}

export function decodeEndpoint(address: Uint8Array): SocketEndpoint {
  const isIpv6 = address[0] === families.ipv6;
  const octets = isIpv6 ? address.slice(8, 24) : address.slice(4, 8);
  return { octets, port: ((address[2] ?? 0) << 8) | (address[3] ?? 0) };
}

/** Addresses in a row, read in place: for a batch's peers, and for those on their way between two threads. */
export class SocketAddresses {
  readonly words: Int32Array;
  readonly #octets: Uint8Array;
  readonly #view: DataView;

  /** `words` has `wordsPerAddress` for each. */
  constructor(words: Int32Array) {
    this.words = words;
    this.#octets = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.#view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  }

  /** Octets of the address at this word, as the kernel wants to be told. */
  sizeAt(at: number): number {
    return this.#isIpv6(at) ? addressOctets : ipv4Octets;
  }

  portAt(at: number): number {
    return this.#view.getUint16(at * 4 + 2);
  }

  /**
   * Writes the address into `into`, 32 bits at a time in network order of value, and gives how many words it has: one for
   * IPv4 and IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), else four.
   */
  readWords(at: number, into: Int32Array): 1 | 4 {
    const octet = at * 4;
    if (!this.#isIpv6(at)) {
      into[0] = this.#view.getInt32(octet + 4);
      return 1;
    }
    for (let word = 0; word < 4; word += 1) into[word] = this.#view.getInt32(octet + 8 + word * 4);
    if (into[0] !== 0 || into[1] !== 0 || into[2] !== 0xffff) return 4;
    into[0] = into[3] ?? 0;
    return 1;
  }

  /** A copy of the address's own 4 or 16 octets. */
  octetsAt(at: number): Uint8Array {
    const octet = at * 4;
    return this.#isIpv6(at)
      ? this.#octets.slice(octet + 8, octet + 24)
      : this.#octets.slice(octet + 4, octet + 8);
  }

  /** The interface of a link-local IPv6 address (RFC 4007), else 0. */
  scopeAt(at: number): number {
    return this.#isIpv6(at) ? this.#view.getUint32(at * 4 + 24, true) : 0;
  }

  #isIpv6(at: number): boolean {
    return ((this.words[at] ?? 0) & 0xffff) === families.ipv6;
  }
}
