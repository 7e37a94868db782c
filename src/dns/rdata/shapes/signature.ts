/** RDATA that signs: RRSIG, and SIG, from which it was made. */
import { formatName, type Name } from '../../name.ts';
import { formatBase64 } from '../../presentation.ts';
import { recordTypeName } from '../../record-type.ts';
import { type Compression, type RdataCodec, readName, writeName } from '../rdata-codec.ts';

export interface SignatureRdata<Kind> {
  readonly kind: Kind;
  readonly typeCovered: number;
  /** IANA DNS Security Algorithm Numbers. */
  readonly algorithm: number;
  /** Labels of the owner as signed: fewer than it has when it came of a wildcard (RFC 4034 section 3.1.3). */
  readonly labels: number;
  readonly originalTtl: number;
  /** Seconds since 1970 modulo 2^32, compared in serial arithmetic (RFC 4034 section 3.1.5). */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
  readonly signature: Uint8Array;
}

export function signatureCodec<Kind extends 'RRSIG' | 'SIG'>(
  kind: Kind,
  compression: Compression,
): RdataCodec<SignatureRdata<Kind>> {
  return {
    kind,
    classes: 'any',
    decode: reader => ({
      kind,
      typeCovered: reader.uint16(),
      algorithm: reader.uint8(),
      labels: reader.uint8(),
      originalTtl: reader.uint32(),
      expiration: reader.uint32(),
      inception: reader.uint32(),
      keyTag: reader.uint16(),
      signer: readName(reader, compression),
      signature: reader.takeRest(),
    }),
    encode(writer, rdata) {
      writer.uint16(rdata.typeCovered);
      writer.uint8(rdata.algorithm);
      writer.uint8(rdata.labels);
      writer.uint32(rdata.originalTtl);
      writer.uint32(rdata.expiration);
      writer.uint32(rdata.inception);
      writer.uint16(rdata.keyTag);
      writeName(writer, rdata.signer, compression);
      writer.bytes(rdata.signature);
    },
    format(rdata) {
      const { typeCovered, algorithm, labels, originalTtl, expiration, inception, signer } = rdata;
      const covered = `${recordTypeName(typeCovered)} ${algorithm} ${labels} ${originalTtl}`;
      const times = `${formatTime(expiration)} ${formatTime(inception)}`;
      return `${covered} ${times} ${rdata.keyTag} ${formatName(signer)} ${formatBase64(rdata.signature)}`;
    },
  };
}

/** YYYYMMDDHHmmSS in UTC (RFC 4034 section 3.2). Says 1970 to 2106, the span of the field without its wrap. */
function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace(/\D/g, '');
}
