/** Delegation signer (RFC 4034 section 5.1). */
import { formatHex } from '../presentation.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface DsRdata {
  readonly kind: 'DS';
  readonly keyTag: number;
  /** IANA DNS Security Algorithm Numbers. */
  readonly algorithm: number;
  /** IANA DS RR Type Digest Algorithms. */
  readonly digestType: number;
  /** Not checked against the digest type's length. */
  readonly digest: Uint8Array;
}

export const ds: RdataCodec<DsRdata> = {
  kind: 'DS',
  classes: 'any',
  decode: reader => ({
    kind: 'DS',
    keyTag: reader.uint16(),
    algorithm: reader.uint8(),
    digestType: reader.uint8(),
    digest: reader.takeRest(),
  }),
  encode(writer, { keyTag, algorithm, digestType, digest }) {
    writer.uint16(keyTag);
    writer.uint8(algorithm);
    writer.uint8(digestType);
    writer.bytes(digest);
  },
  format: ({ keyTag, algorithm, digestType, digest }) =>
    `${keyTag} ${algorithm} ${digestType} ${formatHex(digest).toUpperCase()}`,
};
