/** Which certification authorities may issue for a name (RFC 8659 section 4.1). */
import { escapeOctet, quoteText } from '../presentation.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface CaaRdata {
  readonly kind: 'CAA';
  /** 128: an authority that does not know the tag must not issue. */
  readonly flags: number;
  /** `issue`, `issuewild`, `iodef`, ... At least one octet; kept as octets, for not every zone keeps to letters. */
  readonly tag: Uint8Array;
  readonly value: Uint8Array;
}

export const caa: RdataCodec<CaaRdata> = {
  kind: 'CAA',
  classes: 'any',
  decode(reader) {
    const flags = reader.uint8();
    const tag = reader.characterString();
    if (tag.length === 0) throw reader.fault('rdata-malformed', 'CAA without a tag');
    return { kind: 'CAA', flags, tag, value: reader.takeRest() };
  },
  encode(writer, { flags, tag, value }) {
    writer.uint8(flags);
    writer.characterString(tag);
    writer.bytes(value);
  },
  format({ flags, tag, value }) {
    const tagText = Array.from(tag, octet => escapeOctet(octet, '"\\();')).join('');
    return `${flags} ${tagText} ${quoteText(value)}`;
  },
};
