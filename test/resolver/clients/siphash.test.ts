import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sipHash24, sipKey } from '../../../src/resolver/clients/siphash.ts';

const mask = (1n << 64n) - 1n;
const rotl = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (64n - by))) & mask;

/** The same as its authors write it, with words of 64 bits. */
function reference(key: Uint8Array, data: Uint8Array): bigint {
  const word = (octets: Uint8Array, at: number): bigint =>
    octets.slice(at, at + 8).reduceRight((value, octet) => (value << 8n) | BigInt(octet), 0n);
  const [k0, k1] = [word(key, 0), word(key, 8)];
  let [v0, v1] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn];
  let [v2, v3] = [k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = rotl(v1, 13n) ^ v0;
    v0 = rotl(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = rotl(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotl(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotl(v1, 17n) ^ v2;
    v2 = rotl(v2, 32n);
  };
  const whole = data.length - (data.length % 8);
  const blocks = Array.from({ length: whole / 8 }, (_, index) => word(data, index * 8));
  for (const block of [...blocks, word(data, whole) | (BigInt(data.length & 0xff) << 56n)]) {
    v3 ^= block;
    round();
    round();
    v0 ^= block;
  }
  v2 ^= 0xffn;
  for (let left = 4; left > 0; left -= 1) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

function hash(key: Uint8Array, data: Uint8Array): bigint {
  const out = new Int32Array(2);
  sipHash24(sipKey(key), { data, length: data.length, out });
  return (BigInt((out[1] ?? 0) >>> 0) << 32n) | BigInt((out[0] ?? 0) >>> 0);
}

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

describe('SipHash-2-4', () => {
  it('gives the value of appendix A of its paper', () => {
    assert.equal(hash(counting(16), counting(15)), 0xa129ca6149be45e5n);
  });

  it('gives the first of the values its authors publish', () => {
    const vectors = [0x726fdb47dd0e0e31n, 0x74f839c593dc67fdn, 0x0d6c8009d9a94f5an, 0x85676696d7fb7e2dn];
    for (const [length, value] of vectors.entries())
      assert.equal(hash(counting(16), counting(length)), value);
  });

  it('is what 64-bit arithmetic makes of any key and any data', () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 80 }), (key, data) => {
        assert.equal(hash(key, data), reference(key, data));
      }),
    );
  });
});
