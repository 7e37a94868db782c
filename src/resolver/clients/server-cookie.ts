/**
 * The server's half of a DNS cookie as all servers make it (RFC 9018 section 4), so that every PoP accepts what another one
 * gave. Pure: time is a parameter.
 *
 * ```
 *   client cookie (8) | version 1 | reserved (3) | timestamp (4) | hash (8)
 *   hash = SipHash-2-4(client cookie | version | reserved | timestamp | client's address, secret)
 * ```
 */
import { type AddressWords, addressWords, readAddressWords } from './address-words.ts';
import { type SipKey, sipHash24 } from './siphash.ts';

/** RFC 9018 section 4.3, seconds: how old and how far ahead a timestamp may be, and from when a client gets a new one. */
const oldest = 3600;
const furthestAhead = 300;
const renewedFrom = 1800;

const version = 1;
export const clientOctets = 8;
/** Client's half, version, reserved and timestamp: what is hashed besides the address. */
const hashedOctets = 16;
export const cookieOctets = 24;

/** RFC 7873 section 4: 8 octets of the client's, then none or 8 to 32 of the server's. */
const leastOctets = 16;
const mostOctets = 40;

/** Whether a cookie option may have this many octets; others are malformed. */
export function isCookieLength(octets: number): boolean {
  return octets === clientOctets || (octets >= leastOctets && octets <= mostOctets);
}

/** `renew`: good, but a new one is due. */
export type CookieState = 'good' | 'renew' | 'bad';

/** The secrets accepted, the active one first, and now in seconds since 1970, of which the low 32 bits are used. */
export interface CookieTime {
  readonly secrets: readonly SipKey[];
  readonly seconds: number;
}

export class CookieMaker {
  readonly #own = { words: new Int32Array(addressWords), wordCount: 0 as 0 | 1 | 4 };
  readonly #hash = new Int32Array(2);
  readonly #sip = { data: new Uint8Array(hashedOctets + addressWords * 4), length: 0, out: this.#hash };

  /** The whole cookie, 24 octets, for a client's 8. */
  make(
    client: Uint8Array,
    address: string,
    { secret, seconds }: { secret: SipKey; seconds: number },
  ): Uint8Array {
    const cookie = new Uint8Array(cookieOctets);
    cookie.set(client);
    this.renew(cookie, this.#read(address), { secrets: [secret], seconds });
    return cookie;
  }

  /** `cookie` is the whole option. The first of the secrets is the active one: what another made is due to be renewed. */
  check(cookie: Uint8Array, address: string, time: CookieTime): CookieState {
    return cookie.length === cookieOctets ? this.checkWords(cookie, this.#read(address), time) : 'bad';
  }

  /** As `check`, of 24 octets and an address that has been read; allocates nothing. */
  checkWords(cookie: Uint8Array, address: AddressWords, { secrets, seconds }: CookieTime): CookieState {
    if (cookie[8] !== version) return 'bad';
    // Serial number arithmetic (RFC 9018 section 4.3): the timestamp wraps in 2106.
    const age = (seconds - bigEndian(cookie, 12)) | 0;
    if (age > oldest || age < -furthestAhead) return 'bad';
    const low = littleEndian(cookie, 16);
    const high = littleEndian(cookie, 20);
    this.#take(cookie, address);
    for (let index = 0; index < secrets.length; index += 1) {
      const secret = secrets[index];
      if (!secret) continue;
      sipHash24(secret, this.#sip);
      // One comparison of all bits: how many agree shows in no time.
      if ((((this.#hash[0] ?? 0) ^ low) | ((this.#hash[1] ?? 0) ^ high)) !== 0) continue;
      return index === 0 && age < renewedFrom ? 'good' : 'renew';
    }
    return 'bad';
  }

  /** Makes a whole cookie of 24 octets that begin with a client's 8; with the first secret. Allocates nothing. */
  renew(cookie: Uint8Array, address: AddressWords, { secrets, seconds }: CookieTime): void {
    const [secret] = secrets;
    if (!secret) throw new RangeError('a cookie without a secret');
    writeBigEndian(cookie, 8, version << 24);
    writeBigEndian(cookie, 12, seconds);
    this.#take(cookie, address);
    sipHash24(secret, this.#sip);
    writeLittleEndian(cookie, 16, this.#hash[0] ?? 0);
    writeLittleEndian(cookie, 20, this.#hash[1] ?? 0);
  }

  #read(address: string): AddressWords {
    this.#own.wordCount = readAddressWords(address, this.#own.words);
    return this.#own;
  }

  /** What is hashed. The reserved octets as they came (RFC 9018 section 4.2). */
  #take(cookie: Uint8Array, { words, wordCount }: AddressWords): void {
    const { data } = this.#sip;
    for (let index = 0; index < hashedOctets; index += 1) data[index] = cookie[index] ?? 0;
    for (let word = 0; word < wordCount; word += 1)
      writeBigEndian(data, hashedOctets + word * 4, words[word] ?? 0);
    this.#sip.length = hashedOctets + wordCount * 4;
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
