/** Naming authority pointer (RFC 3403 section 4.1). Some servers once compressed the name (RFC 3597 section 4). */
import { formatName, type Name } from '../name.ts';
import { quoteText } from '../presentation.ts';
import { type RdataCodec, readName, writeName } from './rdata-codec.ts';

export interface NaptrRdata {
  readonly kind: 'NAPTR';
  readonly order: number;
  readonly preference: number;
  /** Each of the three at most 255 octets. */
  readonly flags: Uint8Array;
  readonly services: Uint8Array;
  readonly regexp: Uint8Array;
  readonly replacement: Name;
}

export const naptr: RdataCodec<NaptrRdata> = {
  kind: 'NAPTR',
  classes: 'any',
  decode: reader => ({
    kind: 'NAPTR',
    order: reader.uint16(),
    preference: reader.uint16(),
    flags: reader.characterString(),
    services: reader.characterString(),
    regexp: reader.characterString(),
    replacement: readName(reader, 'read'),
  }),
  encode(writer, { order, preference, flags, services, regexp, replacement }) {
    writer.uint16(order);
    writer.uint16(preference);
    writer.characterString(flags);
    writer.characterString(services);
    writer.characterString(regexp);
    writeName(writer, replacement, 'read');
  },
  format({ order, preference, flags, services, regexp, replacement }) {
    const strings = [flags, services, regexp].map(quoteText).join(' ');
    return `${order} ${preference} ${strings} ${formatName(replacement)}`;
  },
};
