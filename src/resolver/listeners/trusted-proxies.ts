/** Who may say, in a PROXY header, for whom he speaks: the allow-list, asked for each datagram and each connection. */
import { parseIpAddress } from '../../ip/address.ts';
import { type IpPrefix, prefixContains } from '../../ip/prefix.ts';

/** Decisions remembered by address text, so that a datagram costs one look-up; emptied when full. */
const rememberedPeers = 4096;

export class TrustedProxies {
  readonly #prefixes: readonly IpPrefix[];
  readonly #known = new Map<string, boolean>();

  constructor(prefixes: readonly IpPrefix[]) {
    this.#prefixes = prefixes;
  }

  /** Whether there is any. */
  get isUsed(): boolean {
    return this.#prefixes.length > 0;
  }

  /** `peer` as the socket gives it. Link-local peers, with a zone, are never on the list. */
  has(peer: string): boolean {
    if (this.#prefixes.length === 0) return false;
    const before = this.#known.get(peer);
    if (before !== undefined) return before;
    const address = parseIpAddress(peer);
    const isListed =
      address !== undefined && this.#prefixes.some(prefix => prefixContains(prefix, address.octets));
    if (this.#known.size >= rememberedPeers) this.#known.clear();
    this.#known.set(peer, isListed);
    return isListed;
  }
}

export const noProxies = new TrustedProxies([]);
