/** A name with the case of each letter chosen by chance (draft-vixie-dnsext-dns0x20): one more bit to guess per letter. */
import type { Name } from '../../dns/name.ts';
import type { Entropy } from './entropy.ts';

const caseBit = 0x20;

export function randomCase(name: Name, entropy: Entropy): Name {
  const mixed = new Uint8Array(name.length);
  let bits = 0;
  let left = 0;
  for (let at = 0; at < name.length; at += 1) {
    const octet = name[at] ?? 0;
    const lower = octet | caseBit;
    // Length octets are at most 63 and no letter, so that they need not be told apart.
    if (octet < 0x41 || lower < 0x61 || lower > 0x7a) {
      mixed[at] = octet;
      continue;
    }
    if (left === 0) {
      bits = entropy.uint16();
      left = 16;
    }
    mixed[at] = (bits & 1) === 0 ? lower : lower ^ caseBit;
    bits >>= 1;
    left -= 1;
  }
  return mixed;
}
