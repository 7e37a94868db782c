/** RDATA that is a number and a host: MX, RT, AFSDB. */
import { formatName, type Name } from '../../name.ts';
import {
  type Compression,
  type RdataCodec,
  type RecordTypeName,
  readName,
  writeName,
} from '../rdata-codec.ts';

export interface PreferenceRdata<Kind> {
  readonly kind: Kind;
  /** Lower is tried first; in AFSDB it is the kind of server instead. */
  readonly preference: number;
  readonly exchange: Name;
}

export function preferenceCodec<Kind extends RecordTypeName>(
  kind: Kind,
  compression: Compression,
): RdataCodec<PreferenceRdata<Kind>> {
  return {
    kind,
    classes: 'any',
    decode: reader => ({ kind, preference: reader.uint16(), exchange: readName(reader, compression) }),
    encode(writer, { preference, exchange }) {
      writer.uint16(preference);
      writeName(writer, exchange, compression);
    },
    format: ({ preference, exchange }) => `${preference} ${formatName(exchange)}`,
  };
}
