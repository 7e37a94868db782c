import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ipAddress, parseIpAddress, unmapped } from '../../../src/ip/address.ts';
import { readAddressWords } from '../../../src/resolver/clients/address-words.ts';

function octetsOf(text: string): number[] | undefined {
  const words = new Int32Array(4).fill(-1);
  const count = readAddressWords(text, words);
  if (count === 0) return undefined;
  return [...words.subarray(0, count)].flatMap(word => [24, 16, 8, 0].map(shift => (word >>> shift) & 0xff));
}

/** With many zero groups, so that `::` stands in every place. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map(groups => Uint8Array.from(groups.flatMap(group => [group >> 8, group & 0xff])));
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });

describe('the words of an address', () => {
  it('are those of its octets, for every address in its canonical text', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), octets => {
        const address = ipAddress(octets);
        assert.deepEqual(octetsOf(address.text), [...unmapped(address).octets]);
        const zone = address.family === 6 ? '%eth0.7' : '';
        assert.deepEqual(octetsOf(`${address.text}${zone}`), [...unmapped(address).octets]);
      }),
    );
  });

  it('are those of the IPv4 address in one mapped into IPv6, however it is written', () => {
    for (const text of ['::ffff:198.51.100.7', '::ffff:c633:6407', '0:0:0:0:0:ffff:198.51.100.7'])
      assert.deepEqual(octetsOf(text), [198, 51, 100, 7], text);
  });

  it('are those that the full parser gives, for other ways to write an address', () => {
    for (const text of ['2001:DB8::1', '::', '::1', '1::', '64:ff9b::192.0.2.1', 'fe80:0:0:0:1:2:3:4'])
      assert.deepEqual(octetsOf(text), [...(parseIpAddress(text)?.octets ?? [])], text);
  });

  it('are none for what is no address, and no text makes it throw', () => {
    for (const text of [
      '',
      'x',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1:2',
      'g::',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
    ])
      assert.equal(octetsOf(text), undefined, text);
    fc.assert(fc.property(fc.string(), text => void octetsOf(text)));
  });
});
