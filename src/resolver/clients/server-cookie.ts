/**
 * The server's half of a DNS cookie as all servers make it (RFC 9018 section 4), so that every PoP accepts what another one
 * gave. Pure: time is a parameter.
 *
 * ```
 *   client cookie (8) | version 1 | reserved (3) | timestamp (4) | hash (8)
 *   hash = SipHash-2-4(client cookie | version | reserved | timestamp | client's address, secret)
 * ```
 */
import { addressWords, readAddressWords } from './address-words.ts';
import { type SipKey, sipHash24 } from './siphash.ts';

/** RFC 9018 section 4.3, seconds: how old and how far ahead a timestamp may be, and from when a client gets a new one. */
const oldest = 3600;
const furthestAhead = 300;
const renewedFrom = 1800;

const version = 1;
const clientOctets = 8;
/** Client's half, version, reserved and timestamp: what is hashed besides the address. */
const hashedOctets = 16;
const cookieOctets = 24;

/** `renew`: good, but a new one is due. */
export type CookieState = 'good' | 'renew' | 'bad';

export class CookieMaker {
  readonly #input = new Uint8Array(hashedOctets + addressWords * 4);
  readonly #words = new Int32Array(addressWords);
  readonly #hash = new Int32Array(2);

  /** The whole cookie, 24 octets, for a client's 8. `seconds` since 1970, of which the low 32 bits are used. */
  make(
    client: Uint8Array,
    address: string,
    { secret, seconds }: { secret: SipKey; seconds: number },
  ): Uint8Array {
    const cookie = new Uint8Array(cookieOctets);
    cookie.set(client);
    cookie[8] = version;
    writeBigEndian(cookie, 12, seconds);
    this.#compute(cookie, address, secret);
    writeLittleEndian(cookie, 16, this.#hash[0] ?? 0);
    writeLittleEndian(cookie, 20, this.#hash[1] ?? 0);
    return cookie;
  }

  /** `cookie` is the whole option. The first of the secrets is the active one: what another made is due to be renewed. */
  check(
    cookie: Uint8Array,
    address: string,
    { secrets, seconds }: { secrets: readonly SipKey[]; seconds: number },
  ): CookieState {
    if (cookie.length !== cookieOctets || cookie[8] !== version) return 'bad';
    // Serial number arithmetic (RFC 9018 section 4.3): the timestamp wraps in 2106.
    const age = (seconds - bigEndian(cookie, 12)) | 0;
    if (age > oldest || age < -furthestAhead) return 'bad';
    const low = littleEndian(cookie, 16);
    const high = littleEndian(cookie, 20);
    for (let index = 0; index < secrets.length; index += 1) {
      const secret = secrets[index];
      if (!secret) continue;
      this.#compute(cookie, address, secret);
      // One comparison of all bits: how many agree shows in no time.
      if ((((this.#hash[0] ?? 0) ^ low) | ((this.#hash[1] ?? 0) ^ high)) !== 0) continue;
      return index === 0 && age < renewedFrom ? 'good' : 'renew';
    }
    return 'bad';
  }

  /** The reserved octets are hashed as they came (RFC 9018 section 4.2). */
  #compute(cookie: Uint8Array, address: string, secret: SipKey): void {
    const data = this.#input;
    for (let index = 0; index < hashedOctets; index += 1) data[index] = cookie[index] ?? 0;
    const count = readAddressWords(address, this.#words);
    for (let word = 0; word < count; word += 1)
      writeBigEndian(data, hashedOctets + word * 4, this.#words[word] ?? 0);
    sipHash24(secret, { data, length: hashedOctets + count * 4, out: this.#hash });
  }
}

/** The client's half of a cookie option. */
export function clientHalf(cookie: Uint8Array): Uint8Array {
  return cookie.subarray(0, clientOctets);
}

function writeBigEndian(octets: Uint8Array, at: number, word: number): void {
  for (let index = 0; index < 4; index += 1) octets[at + index] = word >>> (24 - index * 8);
}

function writeLittleEndian(octets: Uint8Array, at: number, word: number): void {
  for (let index = 0; index < 4; index += 1) octets[at + index] = word >>> (index * 8);
}

function bigEndian(octets: Uint8Array, at: number): number {
  let word = 0;
  for (let index = 0; index < 4; index += 1) word = (word << 8) | (octets[at + index] ?? 0);
  return word;
}

function littleEndian(octets: Uint8Array, at: number): number {
  let word = 0;
  for (let index = 0; index < 4; index += 1) word |= (octets[at + index] ?? 0) << (index * 8);
  return word;
}
