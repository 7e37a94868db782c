/** The next hashed name of a signed zone, and the types at this one (RFC 5155 section 3). */
import { formatBase32Hex } from '../presentation.ts';
import { recordTypeName } from '../record-type.ts';
import {
  formatHashParameters,
  type HashParameters,
  readHashParameters,
  writeHashParameters,
} from './nsec3param.ts';
import type { RdataCodec } from './rdata-codec.ts';
import { bitmapTypes, type TypeBitmap, takeTypeBitmap } from './type-bitmap.ts';

export interface Nsec3Rdata extends HashParameters {
  readonly kind: 'NSEC3';
  /** 1 to 255 octets. */
  readonly nextHash: Uint8Array;
  readonly types: TypeBitmap;
}

export const nsec3: RdataCodec<Nsec3Rdata> = {
  kind: 'NSEC3',
  classes: 'any',
  decode(reader) {
    const parameters = readHashParameters(reader);
    const nextHash = reader.characterString();
    if (nextHash.length === 0) throw reader.fault('rdata-malformed', 'NSEC3 without a next hash');
    return { kind: 'NSEC3', ...parameters, nextHash, types: takeTypeBitmap(reader) };
  },
  encode(writer, rdata) {
    writeHashParameters(writer, rdata);
    writer.characterString(rdata.nextHash);
    writer.bytes(rdata.types);
  },
  format: rdata =>
    [
      formatHashParameters(rdata),
      formatBase32Hex(rdata.nextHash).toUpperCase(),
      ...bitmapTypes(rdata.types).map(recordTypeName),
    ].join(' '),
};
