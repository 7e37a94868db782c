/** RDATA that is one IP address: A, AAAA. */
import { formatIpAddress } from '../../../ip/address.ts';
import type { RdataCodec } from '../rdata-codec.ts';

export interface AddressRdata<Kind> {
  readonly kind: Kind;
  /** 4 or 16 octets, network order. */
  readonly address: Uint8Array;
}

/** `size` is the octets of an address. */
export function addressCodec<Kind extends 'A' | 'AAAA'>(
  kind: Kind,
  size: number,
): RdataCodec<AddressRdata<Kind>> {
  return {
    kind,
    classes: 'IN',
    decode: reader => ({ kind, address: reader.take(size) }),
    encode(writer, { address }) {
      if (address.length !== size) throw new RangeError(`${kind} of ${address.length} octets`);
      writer.bytes(address);
    },
    format: ({ address }) => formatIpAddress(address),
  };
}
