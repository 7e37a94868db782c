/** The next name of a signed zone, and the types at this one (RFC 4034 section 4.1). */
import { formatName, type Name } from '../name.ts';
import { recordTypeName } from '../record-type.ts';
import type { RdataCodec } from './rdata-codec.ts';
import { bitmapTypes, type TypeBitmap, takeTypeBitmap } from './type-bitmap.ts';

export interface NsecRdata {
  readonly kind: 'NSEC';
  readonly next: Name;
  readonly types: TypeBitmap;
}

export const nsec: RdataCodec<NsecRdata> = {
  kind: 'NSEC',
  classes: 'any',
  decode: reader => ({ kind: 'NSEC', next: reader.plainName(), types: takeTypeBitmap(reader) }),
  encode(writer, { next, types }) {
    writer.name(next);
    writer.bytes(types);
  },
  format: ({ next, types }) => [formatName(next), ...bitmapTypes(types).map(recordTypeName)].join(' '),
};
