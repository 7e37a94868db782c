/** Names of the reverse trees (RFC 1035 section 3.5, RFC 3596 section 2.5) and the addresses they stand for. */
import { isSubdomain, type Name, parseName, rootName } from '../../dns/name.ts';

const ip6Tree = parseName('ip6.arpa.') ?? rootName;

/** A nibble's label takes two octets. */
const labelOctets = 2;
const nibbles = 32;

/** The 16 octets; undefined for what is not the whole reverse name of an address. */
export function ipv6OfReverseName(name: Name): Uint8Array | undefined {
  if (name.length !== nibbles * labelOctets + ip6Tree.length || !isSubdomain(name, ip6Tree)) return undefined;
  const address = new Uint8Array(16);
  for (let index = 0; index < nibbles; index += 1) {
    const digit = String.fromCharCode(name[index * labelOctets + 1] ?? 0);
    if (name[index * labelOctets] !== 1 || !/[0-9a-f]/i.test(digit)) return undefined;
    // The lowest nibble comes first.
    const at = 15 - (index >> 1);
    address[at] = (address[at] ?? 0) | (Number.parseInt(digit, 16) << (index % 2 === 0 ? 0 : 4));
  }
  return address;
}

export function reverseNameOfIpv4(octets: Uint8Array): Name {
  return parseName(`${[...octets].reverse().join('.')}.in-addr.arpa.`) ?? rootName;
}
