/** RDATA that is one name: NS, CNAME, DNAME, PTR, and the mail types that MX replaced. */
import { formatName, type Name } from '../../name.ts';
import {
  type Compression,
  type RdataCodec,
  type RecordTypeName,
  readName,
  writeName,
} from '../rdata-codec.ts';

export interface TargetRdata<Kind> {
  readonly kind: Kind;
  readonly target: Name;
}

export function targetCodec<Kind extends RecordTypeName>(
  kind: Kind,
  compression: Compression,
): RdataCodec<TargetRdata<Kind>> {
  return {
    kind,
    classes: 'any',
    decode: reader => ({ kind, target: readName(reader, compression) }),
    encode: (writer, { target }) => writeName(writer, target, compression),
    format: ({ target }) => formatName(target),
  };
}
