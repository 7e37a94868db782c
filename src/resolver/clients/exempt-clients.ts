/** The clients that have no limits: our own addresses, and the networks the configuration names. */
import type { IpPrefix } from '../../ip/prefix.ts';
import { addressWords, readAddressWords } from './address-words.ts';

/** A prefix as words and masks, so that a look costs no more than its words. */
export interface WordPrefix {
  readonly words: Int32Array;
  readonly masks: Int32Array;
}

/** Whether the client at this address (text, as the socket gives it) is one of them. `own` is canonical text. */
export function exemptClients(
  own: ReadonlySet<string>,
  prefixes: readonly IpPrefix[],
): (address: string) => boolean {
  if (prefixes.length === 0) return address => own.has(address);
  const exempt = prefixes.map(wordPrefix);
  const words = new Int32Array(addressWords);
  return address => {
    if (own.has(address)) return true;
    const count = readAddressWords(address, words);
    return exempt.some(prefix => prefix.words.length === count && containsWords(prefix, words));
  };
}

export function wordPrefix({ octets, length }: IpPrefix): WordPrefix {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const at = Int32Array.from({ length: octets.length / 4 }, (_, index) => index);
  return {
    words: at.map(index => view.getInt32(index * 4)),
    masks: at.map(index => {
      const bits = Math.min(32, Math.max(0, length - index * 32));
      return bits === 0 ? 0 : -1 << (32 - bits);
    }),
  };
}

/** Whether the prefix, of the address's family, holds it. */
export function containsWords({ words, masks }: WordPrefix, address: Int32Array): boolean {
  for (let index = 0; index < words.length; index += 1) {
    if (((address[index] ?? 0) & (masks[index] ?? 0)) !== words[index]) return false;
  }
  return true;
}
