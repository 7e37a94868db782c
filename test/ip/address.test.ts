import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatIpAddress, ipAddress, parseIpAddress, unmapped } from '../../src/ip/address.ts';

const octets4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const octets6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const sparse6 = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xdb, 0xff), { minLength: 16, maxLength: 16 })
  .map(values => Uint8Array.from(values));

describe('IP address text', () => {
  it('reads back what it wrote, for any octets of either family', () => {
    fc.assert(
      fc.property(fc.oneof(octets4, octets6, sparse6), octets => {
        assert.deepEqual(parseIpAddress(formatIpAddress(octets))?.octets, octets);
      }),
    );
  });

  it('writes the canonical forms of RFC 5952 section 4', () => {
    const canonical = {
      '2001:0db8:0000:0000:0000:0000:0000:0001': '2001:db8::1',
      '2001:db8::1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
      '2001:0:0:1:0:0:0:1': '2001:0:0:1::1',
      '2001:db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
      '2001:DB8::AB': '2001:db8::ab',
      '::': '::',
      '::1': '::1',
      '1::': '1::',
      '::ffff:192.0.2.1': '::ffff:c000:201',
    };
    for (const [written, expected] of Object.entries(canonical))
      assert.equal(parseIpAddress(written)?.text, expected);
  });

  it('refuses what is no address', () => {
    const wrong = [
      '',
      '1.2.3',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4.5',
      '1.2.3.-4',
      ':',
      ':::',
      '1::2::3',
      '12345::',
    ];
    wrong.push(
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      'fe80::1%lo',
      '::1.2.3',
      'g::',
      '1.2.3.4::',
    );
    for (const text of wrong) assert.equal(parseIpAddress(text), undefined, text);
  });

  it('sees the IPv4 address inside a mapped one, and only there', () => {
    assert.equal(
      unmapped(ipAddress(parseIpAddress('::ffff:198.51.100.7')?.octets ?? new Uint8Array())).text,
      '198.51.100.7',
    );
    assert.equal(
      unmapped(ipAddress(parseIpAddress('2001:db8::ffff:1:2')?.octets ?? new Uint8Array())).family,
      6,
    );
  });
});
