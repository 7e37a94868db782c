/** Where the TTLs of records lie that this resolver has encoded. */
import { recordClasses } from '../../dns/record-class.ts';

/** A label's first octet from which on it is a compression pointer. */
const pointerMark = 0xc0;

/** Octets from the start of `records`, one for each; undefined where one is of another class than IN. */
export function ttlPlacesOf(records: Uint8Array): number[] | undefined {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  const places: number[] = [];
  let at = 0;
  while (at < records.length) {
    while (view.getUint8(at) !== 0 && view.getUint8(at) < pointerMark) at += 1 + view.getUint8(at);
    at += view.getUint8(at) === 0 ? 1 : 2;
    if (view.getUint16(at + 2) !== recordClasses.IN) return undefined;
    places.push(at + 4);
    at += 10 + view.getUint16(at + 8);
  }
  return places;
}
