import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatIpAddress, parseIpAddress } from '../../../src/ip/address.ts';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import { embedIpv4, extractIpv4 } from '../../../src/resolver/names/embedded-ipv4.ts';

const vectors = [
  ['2001:db8::/32', '2001:db8:c000:221::'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
  ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100::'],
  ['2001:db8:122:344::/96', '2001:db8:122:344::192.0.2.33'],
  ['64:ff9b::/96', '64:ff9b::192.0.2.33'],
] as const;

const ipv4 = Uint8Array.of(192, 0, 2, 33);

function prefixOf(text: string) {
  const prefix = parseIpPrefix(text);
  assert.ok(prefix);
  return prefix;
}

describe('RFC 6052 section 2.4, IPv4-embedded addresses', () => {
  for (const [prefix, text] of vectors) {
    it(`192.0.2.33 in ${prefix} is ${text}`, () => {
      const address = parseIpAddress(text);
      assert.ok(address);
      assert.equal(formatIpAddress(embedIpv4(prefixOf(prefix), ipv4)), address.text);
      assert.deepEqual(extractIpv4(prefixOf(prefix), address.octets), ipv4);
    });
  }

  it('section 2.2: an address outside the prefix, or with other bits set, holds none', () => {
    for (const [prefix, text] of [
      ['2001:db8::/32', '2001:db9:c000:221::'],
      ['2001:db8::/32', '2001:db8:c000:221::1'],
      ['2001:db8:122::/48', '2001:db8:122:c000:102:2100::'],
    ] as const)
      assert.equal(
        extractIpv4(prefixOf(prefix), parseIpAddress(text)?.octets ?? new Uint8Array(16)),
        undefined,
      );
  });

  it('gives back every address under every prefix length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.constantFrom(...vectors),
        (octets, [text]) => {
          const prefix = prefixOf(text);
          assert.deepEqual(extractIpv4(prefix, embedIpv4(prefix, octets)), octets);
        },
      ),
    );
  });
});
