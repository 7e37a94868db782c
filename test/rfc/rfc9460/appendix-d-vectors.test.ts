import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRdata, encodeRdata, formatRdata } from '../../../src/dns/rdata/record-data.ts';
import { Reader } from '../../../src/dns/reader.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { Writer } from '../../../src/dns/writer.ts';
import { hex, octets } from '../../dns/octets.ts';

const fooExampleCom = "03 'foo' 07 'example' 03 'com' 00";
const fooExampleOrg = "03 'foo' 07 'example' 03 'org' 00";

const vectors: readonly { figure: string; wire: string; text: string }[] = [
  { figure: 'D.1 AliasMode', wire: `0000 ${fooExampleCom}`, text: '0 foo.example.com.' },
  { figure: 'D.2 figure 3, the target is the owner', wire: '0001 00', text: '1 .' },
  {
    figure: 'D.2 figure 4, a port',
    wire: `0010 ${fooExampleCom} 0003 0002 0035`,
    text: '16 foo.example.com. port=53',
  },
  {
    figure: 'D.2 figure 5, a generic key',
    wire: `0001 ${fooExampleCom} 029b 0005 'hello'`,
    text: '1 foo.example.com. key667="hello"',
  },
  {
    figure: 'D.2 figure 6, a generic key with an escape',
    wire: `0001 ${fooExampleCom} 029b 0009 'hello' d2 'qoo'`,
    text: '1 foo.example.com. key667="hello\\210qoo"',
  },
  {
    figure: 'D.2 figure 7, two IPv6 hints',
    wire: `0001 ${fooExampleCom} 0006 0020 20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00530001`,
    text: '1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1',
  },
  {
    figure: 'D.2 figure 9, keys in wire order',
    wire: `0010 ${fooExampleOrg} 0000 0004 0001 0004 0001 0009 02 'h2' 05 'h3-19' 0004 0004 c0000201`,
    text: '16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
  },
  {
    figure: 'D.2 figure 10, a comma and a backslash inside a protocol',
    wire: `0010 ${fooExampleOrg} 0001 000c 08 'f' 5c 'oo,bar' 02 'h2'`,
    text: '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
  },
];

for (const { figure, wire, text } of vectors) {
  test(figure, () => {
    const data = octets(wire);
    const rdata = decodeRdata(new Reader(data), recordTypes.SVCB, 1, data.length);
    assert.equal(formatRdata(rdata), text);
    const writer = new Writer();
    encodeRdata(writer, recordTypes.SVCB, rdata);
    assert.equal(hex(writer.written()), hex(data));
  });
}

test('D.3: a key twice, or a parameter cut off, is a fault', () => {
  for (const parameters of ['007b 0001 61 007b 0001 62', '007b 0005 6162', '007b 00']) {
    const data = octets(`0001 ${fooExampleCom} ${parameters}`);
    assert.throws(() => decodeRdata(new Reader(data), recordTypes.SVCB, 1, data.length), {
      name: 'WireFault',
    });
  }
});
