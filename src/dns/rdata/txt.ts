/** Text strings (RFC 1035 section 3.3.14): one or more, of octets, in no character set. */
import { quoteText } from '../presentation.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface TxtRdata {
  readonly kind: 'TXT';
  /** At least one, each of at most 255 octets. */
  readonly strings: readonly Uint8Array[];
}

export const txt: RdataCodec<TxtRdata> = {
  kind: 'TXT',
  classes: 'any',
  decode(reader) {
    const strings = [reader.characterString()];
    while (reader.remaining > 0) strings.push(reader.characterString());
    return { kind: 'TXT', strings };
  },
  encode(writer, { strings }) {
    for (const string of strings) writer.characterString(string);
  },
  format: ({ strings }) => strings.map(quoteText).join(' '),
};
