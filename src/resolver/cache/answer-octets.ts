/**
 * What the process takes for an answer that is kept, whoever wrote it: `test/bench/cache-memory.ts` measures the constants.
 *
 * A record is objects and views, so its octets on the wire say little: 12 000 empty strings of one TXT record are 12 000
 * views. Whoever could keep a hundred times what is counted could end the process (CVE-2024-25590 was of that kind).
 */
import type { ResourceRecord } from '../../dns/message.ts';
import type { Rdata } from '../../dns/rdata/record-data.ts';
import type { Reply } from '../reply.ts';
import type { PackedReply } from './packed-reply.ts';

/** An entry and its key; a record with its name and one piece of data; each piece more: a view, and its place in a list. */
const entryOverhead = 800;
const recordOverhead = 330;
const pieceOverhead = 140;

/** An entry that is packed, its two strings' heads and its place in the map. */
const packedOverhead = 450;

interface Contents {
  /** Views of octets. */
  pieces: number;
  octets: number;
}

/** Of an entry with this reply under this key, packed. */
export function packedOctets(key: string, { length }: PackedReply): number {
  return packedOverhead + key.length + length;
}

/** The same, unpacked. */
export function answerOctets(key: string, { answers, authorities }: Reply): number {
  const total: Contents = { pieces: 0, octets: 0 };
  for (const record of answers) addRecord(record, total);
  for (const record of authorities) addRecord(record, total);
  const records = answers.length + authorities.length;
  const overhead = entryOverhead + key.length + records * recordOverhead + total.pieces * pieceOverhead;
  return overhead + total.octets;
}

function addRecord({ rdata }: ResourceRecord, total: Contents): void {
  const own: Contents = { pieces: 0, octets: 0 };
  addValues(rdata, own);
  total.pieces += Math.max(0, own.pieces - 1);
  total.octets += own.octets;
}

/** RDATA is views, numbers, and lists of either or of small objects with one. */
function addValues(value: Rdata | object, total: Contents): void {
  if (value instanceof Uint8Array) {
    total.pieces += 1;
    total.octets += value.length;
    return;
  }
  for (const part of Object.values(value)) if (typeof part === 'object' && part) addValues(part, total);
}
