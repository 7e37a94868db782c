import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { parseRecord } from '../../../src/dns/text/parse-record.ts';
import { TextFault } from '../../../src/dns/text/text-fault.ts';
import { name } from '../../resolver/messages.ts';

describe('a record from text', () => {
  for (const line of [
    'www.example. 300 IN A 192.0.2.1',
    'www.example. 300 IN AAAA 2001:db8::1',
    'www.example. 300 IN CNAME host.example.',
    '1.2.0.192.in-addr.arpa. 300 IN PTR www.example.',
    'example. 300 IN MX 10 mail.example.',
    'example. 300 IN MX 0 .',
    'example. 300 IN TXT "one two" "three;\\"\\\\\\007"',
    '_sip._udp.example. 300 IN SRV 1 2 5060 sip.example.',
    'example. 300 IN NS ns.example.',
    'example. 300 IN CAA 128 issue "ca.example; policy=ev"',
    'example. 300 IN SOA ns.example. host\\.master.example. 1 2 3 4 5',
    'example. 300 IN TYPE65280 \\# 3 00ff10',
    'a\\.b\\000.example. 0 IN A 192.0.2.1',
  ]) {
    it(`reads what it writes: ${line}`, () => assert.equal(formatRecord(parseRecord(line)), line));
  }

  it('takes TTL and class in either order, or neither, and relative names', () => {
    const context = { origin: name('example.'), ttl: 60 };
    for (const line of [
      'www IN 90 CNAME host',
      'www 90 IN CNAME host.example.',
      'www 1m30s CNAME host ; why',
    ])
      assert.equal(formatRecord(parseRecord(line, context)), 'www.example. 90 IN CNAME host.example.');
    assert.equal(formatRecord(parseRecord('@ A 192.0.2.1', context)), 'example. 60 IN A 192.0.2.1');
  });

  it('knows data written as octets for what it is (RFC 3597 section 5)', () => {
    assert.equal(formatRecord(parseRecord('a.example. 1 A \\# 4 c0 00 0201')), 'a.example. 1 IN A 192.0.2.1');
  });

  it('takes octets as they are written: UTF-8, and each by its number', () => {
    const text = parseRecord('a.example. 1 TXT "Größe 🙂" \\195\\164');
    assert.deepEqual(
      text.rdata.kind === 'TXT' && text.rdata.strings.map(each => Buffer.from(each).toString()),
      ['Größe 🙂', 'ä'],
    );
  });

  for (const [line, complaint] of [
    ['www.example. 300 A 192.0.2.256', /not an IPv4 address/],
    ['www.example. 300 A 192.0.2.1 192.0.2.2', /one field too many/],
    ['www.example. 300 MX 10', /mail exchange is missing/],
    ['www.example. 300 MX 65536 a.example.', /no preference/],
    ['www.example. 300 CH TXT "a"', /only records of the Internet class/],
    ['www.example. 300 NOSUCH a', /'NOSUCH' is no record type/],
    ['www.example. 300 LOC 1 2 3', /write its octets/],
    ['www.example. 300 A \\# 3 000000', /no A data/],
    ['www.example. 300 A \\# 5 00000000', /not 5 octets/],
    ['www..example. 300 A 192.0.2.1', /not a domain name/],
    ['www.example. 300 TXT "a', /nothing ends/],
    ['www.example. 4294967296 A 192.0.2.1', /no record type/],
    [`www.example. TXT "${'a'.repeat(256)}"`, /256 octets/],
    [`www.example. TXT ${'a '.repeat(32_768)}`, /over 65536 characters/],
    ['www.example. OPT a', /no type of data/],
    ['', /empty line/],
  ] as const) {
    it(`refuses ${line.slice(0, 50)}`, () =>
      assert.throws(
        () => parseRecord(line),
        (error: unknown) => error instanceof TextFault && complaint.test(error.message),
      ));
  }

  it('gives a record or a TextFault for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a.\\"(); @A1T#x') })), text => {
        try {
          parseRecord(`a.example. 1 ${text}`);
        } catch (error) {
          assert.ok(error instanceof TextFault, String(error));
        }
      }),
    );
  });
});
