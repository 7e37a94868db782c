/** EDNS client subnet (RFC 7871). */
import { type Edns, type EdnsOption, findOption, optionCodes, optionFault } from '../edns.ts';

export interface ClientSubnet {
  /** 4 or 16 octets, zero past the source prefix. */
  readonly address: Uint8Array;
  /** Bits of the address that the client tells; 0 asks resolvers to keep it to themselves. */
  readonly sourcePrefixLength: number;
  /** Bits that the answer depends on; 0 in a query. */
  readonly scopePrefixLength: number;
}

/** Address family numbers (IANA) and the octets of an address of each. */
const families = [
  { family: 1, octets: 4 },
  { family: 2, octets: 16 },
] as const;

/**
 * The client subnet, undefined when there is none.
 * @throws WireFault `option-malformed` for an unknown family, a prefix longer than the address, address octets more or
 * fewer than the prefix needs, and bits set past it: RFC 7871 section 6 answers each with FORMERR.
 */
export function readClientSubnet(edns: Edns | undefined): ClientSubnet | undefined {
  const data = findOption(edns, optionCodes.clientSubnet)?.data;
  if (!data) return undefined;
  if (data.length < 4) throw optionFault(`a client subnet of ${data.length} octets`);
  const [familyHigh = 0, familyLow = 0, sourcePrefixLength = 0, scopePrefixLength = 0] = data;
  const size = families.find(({ family }) => family === ((familyHigh << 8) | familyLow))?.octets;
  if (size === undefined) throw optionFault('a client subnet of an unknown address family');
  if (sourcePrefixLength > size * 8 || scopePrefixLength > size * 8) {
    throw optionFault('a prefix longer than the address', 2);
  }
  const prefix = data.subarray(4);
  if (prefix.length !== Math.ceil(sourcePrefixLength / 8)) {
    throw optionFault('address octets that do not match the prefix length', 4);
  }
  const spareBits = prefix.length * 8 - sourcePrefixLength;
  if (((prefix.at(-1) ?? 0) & ((1 << spareBits) - 1)) !== 0) {
    throw optionFault('bits set past the prefix', data.length - 1);
  }
  const address = new Uint8Array(size);
  address.set(prefix);
  return { address, sourcePrefixLength, scopePrefixLength };
}

/** `address` must be zero past the source prefix. */
export function clientSubnetOption(subnet: ClientSubnet): EdnsOption {
  const { address, sourcePrefixLength, scopePrefixLength } = subnet;
  const family = address.length === 4 ? 1 : 2;
  const prefix = address.subarray(0, Math.ceil(sourcePrefixLength / 8));
  const data = Uint8Array.of(0, family, sourcePrefixLength, scopePrefixLength, ...prefix);
  return { code: optionCodes.clientSubnet, data };
}
