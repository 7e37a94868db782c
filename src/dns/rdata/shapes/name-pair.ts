/** RDATA that is two names: MINFO, RP. */
import { formatName, type Name } from '../../name.ts';
import {
  type Compression,
  type RdataCodec,
  type RecordTypeName,
  readName,
  writeName,
} from '../rdata-codec.ts';

export interface NamePairRdata<Kind> {
  readonly kind: Kind;
  /** A person's mailbox, its `@` written as the first dot. */
  readonly mailbox: Name;
  /** RP: where TXT records say more. MINFO: the mailbox for errors. */
  readonly other: Name;
}

export function namePairCodec<Kind extends RecordTypeName>(
  kind: Kind,
  compression: Compression,
): RdataCodec<NamePairRdata<Kind>> {
  return {
    kind,
    classes: 'any',
    decode: reader => ({
      kind,
      mailbox: readName(reader, compression),
      other: readName(reader, compression),
    }),
    encode(writer, { mailbox, other }) {
      writeName(writer, mailbox, compression);
      writeName(writer, other, compression);
    },
    format: ({ mailbox, other }) => `${formatName(mailbox)} ${formatName(other)}`,
  };
}
