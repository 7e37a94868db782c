/** Public key of a zone (RFC 4034 section 2.1). */
import { formatBase64 } from '../presentation.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface DnskeyRdata {
  readonly kind: 'DNSKEY';
  /** 256: zone key; 1: secure entry point; 128: revoked (RFC 5011). */
  readonly flags: number;
  /** 3; a key with another value is not used, but kept (RFC 4034 section 2.1.2). */
  readonly protocol: number;
  /** IANA DNS Security Algorithm Numbers. */
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
}

export const dnskey: RdataCodec<DnskeyRdata> = {
  kind: 'DNSKEY',
  classes: 'any',
  decode: reader => ({
    kind: 'DNSKEY',
    flags: reader.uint16(),
    protocol: reader.uint8(),
    algorithm: reader.uint8(),
    publicKey: reader.takeRest(),
  }),
  encode(writer, { flags, protocol, algorithm, publicKey }) {
    writer.uint16(flags);
    writer.uint8(protocol);
    writer.uint8(algorithm);
    writer.bytes(publicKey);
  },
  format: ({ flags, protocol, algorithm, publicKey }) =>
    `${flags} ${protocol} ${algorithm} ${formatBase64(publicKey)}`,
};

/**
 * The key tag (RFC 4034 appendix B): the RDATA's 16-bit words summed, with carry. Not unique, on purpose or not.
 * Algorithm 1 (RSA/MD5) counts differently and must not be used.
 */
export function keyTag({ flags, protocol, algorithm, publicKey }: DnskeyRdata): number {
  let sum = flags + ((protocol << 8) | algorithm);
  for (const [index, octet] of publicKey.entries()) sum += index % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >>> 16)) & 0xffff;
}
