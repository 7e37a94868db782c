import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ipAddress, unmapped } from '../../../src/ip/address.ts';
import { coveringPrefix, parseIpPrefix, prefixContains } from '../../../src/ip/prefix.ts';
import { exemptClients } from '../../../src/resolver/clients/exempt-clients.ts';

const address = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(octets => unmapped(ipAddress(octets)));

describe('clients without limits', () => {
  it('are those of the prefixes, whatever their length', () => {
    fc.assert(
      fc.property(address, address, fc.nat(128), (first, second, bits) => {
        const prefix = coveringPrefix(first, Math.min(bits, first.octets.length * 8));
        const isExempt = exemptClients(new Set(), [prefix]);
        assert.ok(isExempt(first.text));
        assert.equal(isExempt(second.text), prefixContains(prefix, second.octets));
      }),
    );
  });

  it('are our own addresses, also without any prefix', () => {
    assert.ok(exemptClients(new Set(['198.51.100.1']), [])('198.51.100.1'));
    assert.ok(!exemptClients(new Set(['198.51.100.1']), [])('198.51.100.2'));
  });

  it('are those mapped into IPv6 too', () => {
    const prefix = parseIpPrefix('198.18.0.0/15');
    assert.ok(prefix);
    assert.ok(exemptClients(new Set(), [prefix])('::ffff:198.19.1.1'));
  });
});
