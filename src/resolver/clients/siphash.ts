/**
 * SipHash-2-4 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012): the hash of server cookies (RFC 9018
 * section 4.4). Its words have 64 bits: here each is two numbers of 32, since BigInt allocates on every operation.
 */

/** The 128-bit key: `k0` low, `k0` high, `k1` low, `k1` high. */
export type SipKey = Int32Array;

export function sipKey(octets: Uint8Array): SipKey {
  if (octets.length !== 16) throw new RangeError(`a SipHash key of ${octets.length} octets`);
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  return Int32Array.of(0, 4, 8, 12).map(at => view.getInt32(at, true));
}

/** Writes the 64-bit hash of the first `length` octets of `data` into `out`: low half first. */
export function sipHash24(key: SipKey, { data, length, out }: SipInput): void {
  const k0l = key[0] ?? 0;
  const k0h = key[1] ?? 0;
  const k1l = key[2] ?? 0;
  const k1h = key[3] ?? 0;
  let v0l = k0l ^ 0x70736575;
  let v0h = k0h ^ 0x736f6d65;
  let v1l = k1l ^ 0x6e646f6d;
  let v1h = k1h ^ 0x646f7261;
  let v2l = k0l ^ 0x6e657261;
  let v2h = k0h ^ 0x6c796765;
  let v3l = k1l ^ 0x79746573;
  let v3h = k1h ^ 0x74656462;
  // The last block holds what is left and the length; two more of zeroes make the four rounds of the end.
  const blocks = (length >>> 3) + 1;
  for (let block = 0; block < blocks + 2; block += 1) {
    const at = block << 3;
    let ml = 0;
    let mh = 0;
    if (block < blocks) {
      ml = littleEndian(data, at, length);
      mh = littleEndian(data, at + 4, length);
      if (block === blocks - 1) mh |= length << 24;
    } else if (block === blocks) v2l ^= 0xff;
    v3l ^= ml;
    v3h ^= mh;
    for (let round = 0; round < 2; round += 1) {
      // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
      let low = (v0l + v1l) | 0;
      let high = (v0h + v1h + carry(low, v0l)) | 0;
      let rotated = (v1l << 13) | (v1h >>> 19);
      v1h = ((v1h << 13) | (v1l >>> 19)) ^ high;
      v1l = rotated ^ low;
      v0l = high;
      v0h = low;
      // v2 += v3; v3 = rotl(v3, 16) ^ v2
      low = (v2l + v3l) | 0;
      v2h = (v2h + v3h + carry(low, v2l)) | 0;
      v2l = low;
      rotated = (v3l << 16) | (v3h >>> 16);
      v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
      v3l = rotated ^ v2l;
      // v0 += v3; v3 = rotl(v3, 21) ^ v0
      low = (v0l + v3l) | 0;
      v0h = (v0h + v3h + carry(low, v0l)) | 0;
      v0l = low;
      rotated = (v3l << 21) | (v3h >>> 11);
      v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
      v3l = rotated ^ v0l;
      // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
      low = (v2l + v1l) | 0;
      high = (v2h + v1h + carry(low, v2l)) | 0;
      rotated = (v1l << 17) | (v1h >>> 15);
      v1h = ((v1h << 17) | (v1l >>> 15)) ^ high;
      v1l = rotated ^ low;
      v2l = high;
      v2h = low;
    }
    v0l ^= ml;
    v0h ^= mh;
  }
  out[0] = v0l ^ v1l ^ v2l ^ v3l;
  out[1] = v0h ^ v1h ^ v2h ^ v3h;
}

export interface SipInput {
  readonly data: Uint8Array;
  readonly length: number;
  readonly out: Int32Array;
}

/** 1 when the sum of `addend` and something, cut to 32 bits, came out smaller than `addend`. */
function carry(sum: number, addend: number): 0 | 1 {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}

/** Four octets as a word; those from `end` on are zero. */
function littleEndian(data: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let index = 0; index < 4 && at + index < end; index += 1)
    word |= (data[at + index] ?? 0) << (index << 3);
  return word;
}
