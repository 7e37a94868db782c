/**
 * The contract of a record type: how its RDATA is read, written and shown.
 *
 * A type is one file that exports one of these, and one line in `record-data.ts`. The reader is confined to the RDATA
 * while `decode` runs, and the caller faults when octets are left over, so that a codec reads its fields and checks only
 * what the fields' meaning demands. RDATA is kept so that `encode` gives the same octets back (names uncompressed,
 * letter case kept): signatures are computed over them.
 */
import type { Name } from '../name.ts';
import type { Reader } from '../reader.ts';
import type { recordTypes } from '../record-type.ts';
import type { Writer } from '../writer.ts';

export type RecordTypeName = keyof typeof recordTypes;

export interface RdataCodec<R extends { readonly kind: RecordTypeName }> {
  /** The type's mnemonic; the number follows from it. */
  readonly kind: R['kind'];
  /** `IN` when the format is defined for that class alone: CHAOS has an A record of another shape (RFC 1035 section 3.4.1). */
  readonly classes: 'IN' | 'any';
  /** Reads to the end of the RDATA: `reader.remaining` is what is left of it. @throws WireFault */
  decode(reader: Reader): R;
  /** @throws RangeError for a field that does not fit its place. */
  encode(writer: Writer, rdata: R): void;
  /** Presentation format, as in a zone file, on one line. */
  format(rdata: R): string;
}

/**
 * Which names inside RDATA may be compressed (RFC 3597 section 4): `both` ways in the types of RFC 1035, when `read`
 * only in the few later ones that were once sent so, `never` in all others.
 */
export type Compression = 'both' | 'read' | 'never';

export function readName(reader: Reader, compression: Compression): Name {
  return compression === 'never' ? reader.plainName() : reader.name();
}

export function writeName(writer: Writer, name: Name, compression: Compression): void {
  if (compression === 'both') writer.compressedName(name);
  else writer.name(name);
}
