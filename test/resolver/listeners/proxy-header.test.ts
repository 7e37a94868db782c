import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  hasProxySignature,
  longestProxyHeader,
  type ProxyReading,
  readProxyHeader,
} from '../../../src/resolver/listeners/proxy-header.ts';
import { ipv4, ipv6, proxyHeader } from './proxy-headers.ts';

describe('a PROXY header', () => {
  function source(reading: ProxyReading): string | undefined {
    assert.ok(typeof reading !== 'string', String(reading));
    return reading.source?.text;
  }

  it('names the source, over IPv4 and IPv6, and tells where the rest begins', () => {
    const header = proxyHeader();
    const reading = readProxyHeader(Buffer.concat([header, Buffer.from('the rest')]));
    assert.equal(source(reading), '198.18.0.1');
    assert.equal(typeof reading === 'string' ? 0 : reading.size, header.length);
    for (const familyAndProtocol of [0x20, 0x21, 0x22]) {
      const rest = ipv6('20010db8000100000000000000000099');
      assert.equal(source(readProxyHeader(proxyHeader({ familyAndProtocol, rest }))), '2001:db8:1::99');
    }
  });

  it('of an IPv4 address within IPv6 names the IPv4 address, which access lists know', () => {
    const rest = ipv6('00000000000000000000ffffc6120001');
    assert.equal(source(readProxyHeader(proxyHeader({ familyAndProtocol: 0x21, rest }))), '198.18.0.1');
  });

  it('may have TLVs, which are skipped unread', () => {
    const rest = Buffer.concat([
      ipv4('198.18.0.1'),
      Buffer.from('e00003ffffff', 'hex'),
      Buffer.alloc(50, 0xff),
    ]);
    const header = proxyHeader({ rest });
    const reading = readProxyHeader(header);
    assert.equal(source(reading), '198.18.0.1');
    assert.equal(typeof reading === 'string' ? 0 : reading.size, header.length);
  });

  it('speaks for the proxy itself with LOCAL, whatever else it says, and with an unspecified family', () => {
    assert.equal(source(readProxyHeader(proxyHeader({ versionAndCommand: 0x20 }))), undefined);
    const local = { versionAndCommand: 0x20, familyAndProtocol: 0xff, rest: Buffer.from('whatever') };
    assert.equal(source(readProxyHeader(proxyHeader(local))), undefined);
    const unspecified = { familyAndProtocol: 0x00, rest: Buffer.alloc(0) };
    assert.equal(source(readProxyHeader(proxyHeader(unspecified))), undefined);
  });

  it('is malformed with another signature, version, command, family or protocol, or too short an address', () => {
    const wrong = [
      Buffer.from('PROXY TCP4 198.18.0.1 203.0.113.53 4242 53\r\n'),
      proxyHeader({ versionAndCommand: 0x11 }),
      proxyHeader({ versionAndCommand: 0x22 }),
      proxyHeader({ familyAndProtocol: 0x31, rest: Buffer.alloc(216) }),
      proxyHeader({ familyAndProtocol: 0x41 }),
      proxyHeader({ familyAndProtocol: 0x13 }),
      proxyHeader({ rest: ipv4('198.18.0.1').subarray(0, 11) }),
      proxyHeader({ familyAndProtocol: 0x21, rest: ipv4('198.18.0.1') }),
    ];
    for (const octets of wrong) assert.equal(readProxyHeader(octets), 'malformed', octets.toString('hex'));
  });

  it('is refused for its stated length before anything of that length has come', () => {
    assert.equal(readProxyHeader(proxyHeader({ length: longestProxyHeader })), 'malformed');
    assert.equal(readProxyHeader(proxyHeader({ length: longestProxyHeader - 16 })), 'more');
  });

  it('is told apart from octets that are none as early as can be', () => {
    const header = proxyHeader();
    for (let length = 0; length < header.length; length += 1)
      assert.equal(readProxyHeader(header.subarray(0, length)), 'more');
    assert.equal(readProxyHeader(Buffer.from([0x0d, 0x0b])), 'malformed');
    assert.equal(hasProxySignature(header), true);
    assert.equal(hasProxySignature(header.subarray(0, 11)), false);
  });

  it('is read from any octets without a throw, and never past their end', () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 100 }).map(rest => Buffer.concat([proxyHeader().subarray(0, 12), rest])),
    );
    fc.assert(
      fc.property(octets, given => {
        const reading = readProxyHeader(given);
        if (typeof reading !== 'string') assert.ok(reading.size <= given.length);
      }),
    );
  });
});
