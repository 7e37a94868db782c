/**
 * The set of types at the end of NSEC and NSEC3 (RFC 4034 section 4.1.2).
 *
 * It stays octets: that is small, exact for signatures, and quick to ask about one type. `takeTypeBitmap` has checked
 * the form of every bitmap in a decoded record, so that the other functions trust it.
 */
import type { Reader } from '../reader.ts';

/** Blocks of window number (0-255, rising), length (1-32) and that many octets, high bit first. */
export type TypeBitmap = Uint8Array;

const maxBlockLength = 32;

/** Reads a bitmap to the end of the RDATA. @throws WireFault for windows out of order or of impossible length. */
export function takeTypeBitmap(reader: Reader): TypeBitmap {
  const start = reader.offset;
  let lastWindow = -1;
  while (reader.remaining > 0) {
    const window = reader.uint8();
    const length = reader.uint8();
    if (window <= lastWindow) throw reader.fault('rdata-malformed', 'type bitmap windows out of order');
    if (length < 1 || length > maxBlockLength) {
      throw reader.fault('rdata-malformed', `a type bitmap of ${length} octets`);
    }
    reader.take(length);
    lastWindow = window;
  }
  return reader.octets.subarray(start, reader.offset);
}

export function bitmapHasType(bitmap: TypeBitmap, type: number): boolean {
  for (let at = 0; at < bitmap.length; at += 2 + (bitmap[at + 1] ?? 0)) {
    if (bitmap[at] !== type >> 8) continue;
    const octet = (type & 0xff) >> 3;
    return octet < (bitmap[at + 1] ?? 0) && ((bitmap[at + 2 + octet] ?? 0) & (0x80 >> (type & 7))) !== 0;
  }
  return false;
}

/** The types in the set, rising. */
export function bitmapTypes(bitmap: TypeBitmap): number[] {
  const types: number[] = [];
  for (let at = 0; at < bitmap.length; at += 2 + (bitmap[at + 1] ?? 0)) {
    const first = (bitmap[at] ?? 0) << 8;
    for (let index = 0; index < (bitmap[at + 1] ?? 0) * 8; index += 1) {
      if (((bitmap[at + 2 + (index >> 3)] ?? 0) & (0x80 >> (index & 7))) !== 0) types.push(first + index);
    }
  }
  return types;
}

/** The set of these types, in any order. */
export function typeBitmap(types: readonly number[]): TypeBitmap {
  const blocks: number[] = [];
  const windows = Map.groupBy(new Set(types), type => type >> 8);
  for (const [window, members] of [...windows].sort(([a], [b]) => a - b)) {
    const highest = Math.max(...members) & 0xff;
    const octets = new Uint8Array((highest >> 3) + 1);
    for (const type of members) {
      const index = (type & 0xff) >> 3;
      octets[index] = (octets[index] ?? 0) | (0x80 >> (type & 7));
    }
    blocks.push(window, octets.length, ...octets);
  }
  return Uint8Array.from(blocks);
}
