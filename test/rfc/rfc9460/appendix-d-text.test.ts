import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeRdata } from '../../../src/dns/rdata/record-data.ts';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { parseRecord } from '../../../src/dns/text/parse-record.ts';
import { TextFault } from '../../../src/dns/text/text-fault.ts';
import { Writer } from '../../../src/dns/writer.ts';
import { hex, octets } from '../../dns/octets.ts';

function wireOf(data: string): string {
  const writer = new Writer();
  encodeRdata(writer, recordTypes.SVCB, parseRecord(`example.com. SVCB ${data}`).rdata);
  return hex(writer.written());
}

const fooExampleCom = "03 'foo' 07 'example' 03 'com' 00";
const fooExampleOrg = "03 'foo' 07 'example' 03 'org' 00";
const protocols = `0010 ${fooExampleOrg} 0001 000c 08 'f' 5c 'oo,bar' 02 'h2'`;

describe('RFC 9460 appendix D, from text to octets', () => {
  for (const [figure, text, wire] of [
    ['D.1, alias mode', '0 foo.example.com.', `0000 ${fooExampleCom}`],
    ['figure 3, the target is the owner', '1 .', '0001 00'],
    ['figure 4, a port', '16 foo.example.com. port=53', `0010 ${fooExampleCom} 0003 0002 0035`],
    ['figure 5, a generic key', '1 foo.example.com. key667=hello', `0001 ${fooExampleCom} 029b 0005 'hello'`],
    [
      'figure 6, a generic key with an escape',
      '1 foo.example.com. key667="hello\\210qoo"',
      `0001 ${fooExampleCom} 029b 0009 'hello' d2 'qoo'`,
    ],
    [
      'figure 7, two IPv6 hints',
      '1 foo.example.com. ( ipv6hint="2001:db8::1,2001:db8::53:1" )',
      `0001 ${fooExampleCom} 0006 0020 20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00530001`,
    ],
    [
      'figure 8, an IPv6 hint that ends in a dotted quad',
      '1 example.com. ( ipv6hint="2001:db8:122:344::192.0.2.33" )',
      "0001 07 'example' 03 'com' 00 0006 0010 20010db8 01220344 00000000 c0000221",
    ],
    [
      'figure 9, keys out of order',
      '16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )',
      `0010 ${fooExampleOrg} 0000 0004 0001 0004 0001 0009 02 'h2' 05 'h3-19' 0004 0004 c0000201`,
    ],
    [
      'figure 10, a comma and a backslash in a protocol, quoted',
      '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
      protocols,
    ],
    ['figure 10, the same without quotes', '16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2', protocols],
  ] as const)
    it(figure, () => assert.equal(wireOf(text), hex(octets(wire))));

  for (const [figure, text] of [
    ['figure 11, a key twice', '1 foo.example.com. ( key123=abc key123=def )'],
    ['figure 12, mandatory without a value', '1 foo.example.com. mandatory'],
    ['figure 12, alpn without a value', '1 foo.example.com. alpn'],
    ['figure 12, port without a value', '1 foo.example.com. port'],
    ['figure 12, ipv4hint without a value', '1 foo.example.com. ipv4hint'],
    ['figure 12, ipv6hint without a value', '1 foo.example.com. ipv6hint'],
    ['figure 13, a value where there is none', '1 foo.example.com. alpn=h2 no-default-alpn=abc'],
    ['figure 14, a mandatory key that is not there', '1 foo.example.com. mandatory=key123'],
    ['figure 15, mandatory itself mandatory', '1 foo.example.com. mandatory=mandatory'],
    ['figure 16, a mandatory key twice', '1 foo.example.com. ( mandatory=key123,key123 key123=abc )'],
    ['section 7.1.1, no-default-alpn alone', '1 foo.example.com. no-default-alpn'],
    ['an empty protocol', '1 foo.example.com. alpn=h2,,h3'],
    ['a protocol list that ends in a comma', '1 foo.example.com. alpn=h2,'],
    ['an escape of nothing', '1 foo.example.com. alpn="h2\\\\x"'],
    ['a port too high', '1 foo.example.com. port=65536'],
    ['an address of the other family', '1 foo.example.com. ipv4hint=2001:db8::1'],
    ['a key that is none', '1 foo.example.com. key65535=a'],
    ['a name that is no key', '1 foo.example.com. Port=53'],
    ['a value apart from its key', '1 foo.example.com. alpn= "h2"'],
    ['a value of nothing', '1 foo.example.com. "h2"'],
    ['base64 that is none', '1 foo.example.com. ech=AAA'],
    ['more than a record can hold', `1 . ${[1, 2, 3].map(n => `key${n}00=${'x'.repeat(21_840)}`).join(' ')}`],
  ] as const)
    it(`refuses ${figure}`, () => assert.throws(() => wireOf(text), TextFault));

  it('reads what it writes', () => {
    for (const line of [
      '_dns.resolver.arpa. 7200 IN SVCB 1 dns.example. alpn="dot" port=853 ipv4hint=203.0.113.53 ipv6hint=2001:db8::53',
      'www.example. 300 IN HTTPS 1 . alpn="h3,h2" no-default-alpn ech=AEX+DQ==',
      'example. 300 IN HTTPS 0 www.example.',
      '_dns.example. 60 IN SVCB 2 dns.example. alpn="h2" dohpath="/dns-query{?dns}" key4711="a\\001 b"',
    ])
      assert.equal(formatRecord(parseRecord(line)), line);
  });
});
