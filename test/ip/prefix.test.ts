import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ipAddress } from '../../src/ip/address.ts';
import {
  coveringPrefix,
  hostPrefix,
  parseIpPrefix,
  prefixContains,
  prefixesOverlap,
} from '../../src/ip/prefix.ts';

const octets = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);

/** Bit number `index`, counted from the most significant: the definition that the fast version is held against. */
function bit(of: Uint8Array, index: number): number {
  return ((of[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
}

describe('IP prefixes', () => {
  it('contain exactly the addresses that share their leading bits', () => {
    fc.assert(
      fc.property(octets, octets, fc.nat(128), (a, b, wanted) => {
        const length = Math.min(wanted, a.length * 8);
        const prefix = coveringPrefix(ipAddress(a), length);
        const shared =
          a.length === b.length && Array.from({ length }, (_, i) => bit(a, i) === bit(b, i)).every(Boolean);
        assert.equal(prefixContains(prefix, b), shared);
      }),
    );
  });

  it('contain the address they were made from and read back their own text', () => {
    fc.assert(
      fc.property(octets, fc.nat(128), (a, wanted) => {
        const prefix = coveringPrefix(ipAddress(a), Math.min(wanted, a.length * 8));
        assert.ok(prefixContains(prefix, a));
        assert.deepEqual(parseIpPrefix(prefix.text), prefix);
      }),
    );
  });

  it('overlap when one holds the other, in either order', () => {
    const wide = parseIpPrefix('203.0.113.0/24');
    const host = parseIpPrefix('203.0.113.53/32');
    const other = parseIpPrefix('198.51.100.0/24');
    assert.ok(wide && host && other);
    assert.ok(prefixesOverlap(wide, host) && prefixesOverlap(host, wide));
    assert.ok(!prefixesOverlap(wide, other));
  });

  it('are refused with host bits, a missing or an impossible length', () => {
    for (const text of [
      '203.0.113.1/24',
      '203.0.113.0',
      '203.0.113.0/33',
      '2001:db8::/129',
      '::/-1',
      '::/0x10',
      '1/2/3',
    ])
      assert.equal(parseIpPrefix(text), undefined, text);
  });

  it('of one host are /32 and /128', () => {
    assert.equal(hostPrefix(ipAddress(Uint8Array.of(203, 0, 113, 53))).text, '203.0.113.53/32');
    assert.equal(hostPrefix(ipAddress(new Uint8Array(16))).text, '::/128');
  });
});
