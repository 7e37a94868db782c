/** Certificate association for TLS (RFC 6698 section 2.1). */
import { formatHex } from '../presentation.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface TlsaRdata {
  readonly kind: 'TLSA';
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly data: Uint8Array;
}

export const tlsa: RdataCodec<TlsaRdata> = {
  kind: 'TLSA',
  classes: 'any',
  decode: reader => ({
    kind: 'TLSA',
    usage: reader.uint8(),
    selector: reader.uint8(),
    matchingType: reader.uint8(),
    data: reader.takeRest(),
  }),
  encode(writer, { usage, selector, matchingType, data }) {
    writer.uint8(usage);
    writer.uint8(selector);
    writer.uint8(matchingType);
    writer.bytes(data);
  },
  format: ({ usage, selector, matchingType, data }) =>
    `${usage} ${selector} ${matchingType} ${formatHex(data).toUpperCase()}`,
};
