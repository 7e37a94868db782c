/** RDATA as octets, written out by hand from each type's RFC, and as the text a zone file has for it. */
import type { recordTypes } from '../../../src/dns/record-type.ts';

export interface RdataVector {
  readonly type: keyof typeof recordTypes;
  /** As `octets` reads it. */
  readonly wire: string;
  readonly text: string;
}

const host = "04 'host' 07 'example' 03 'com' 00";
const sha1 = '2bb183af5f22588179a53b0a98631fad1a292118';
/** 2004-03-22 15:35:04 and 2004-02-20 15:35:04, seconds since 1970. */
const signatureTimes = '405f07a8 40362928';

export const rdataVectors: readonly RdataVector[] = [
  { type: 'A', wire: 'c0000235', text: '192.0.2.53' },
  { type: 'AAAA', wire: '20010db8 00530000 00000000 00000053', text: '2001:db8:53::53' },
  { type: 'AFSDB', wire: `0001 ${host}`, text: '1 host.example.com.' },
  { type: 'CAA', wire: "80 05 'issue' 'ca.example; a=1'", text: '128 issue "ca.example; a=1"' },
  { type: 'CAA', wire: "00 05 'iodef'", text: '0 iodef ""' },
  { type: 'CNAME', wire: "05 'MiXeD' 04 'CASE' 00", text: 'MiXeD.CASE.' },
  { type: 'CNAME', wire: "08 'www.evil' 03 'com' 00", text: 'www\\.evil.com.' },
  { type: 'DNAME', wire: "07 'example' 03 'net' 00", text: 'example.net.' },
  { type: 'DNSKEY', wire: '0101 03 0d 00112233445566778899', text: '257 3 13 ABEiM0RVZneImQ==' },
  { type: 'DS', wire: `ec45 05 01 ${sha1}`, text: `60485 5 1 ${sha1.toUpperCase()}` },
  { type: 'HTTPS', wire: "0000 03 'cdn' 07 'example' 00", text: '0 cdn.example.' },
  {
    type: 'HTTPS',
    wire: "0001 00 0001 0006 02 'h2' 02 'h3' 0003 0002 01bb 0004 0008 c0000201 c0000202",
    text: '1 . alpn="h2,h3" port=443 ipv4hint=192.0.2.1,192.0.2.2',
  },
  { type: 'MB', wire: host, text: 'host.example.com.' },
  { type: 'MD', wire: host, text: 'host.example.com.' },
  { type: 'MF', wire: host, text: 'host.example.com.' },
  { type: 'MG', wire: host, text: 'host.example.com.' },
  { type: 'MINFO', wire: `${host} 00`, text: 'host.example.com. .' },
  { type: 'MR', wire: host, text: 'host.example.com.' },
  { type: 'MX', wire: `000a ${host}`, text: '10 host.example.com.' },
  { type: 'MX', wire: '0000 00', text: '0 .' },
  {
    type: 'NAPTR',
    wire: "0064 000a 01 'u' 07 'E2U+sip' 13 '!^.*$!sip:a@b.test!' 00",
    text: '100 10 "u" "E2U+sip" "!^.*$!sip:a@b.test!" .',
  },
  { type: 'NS', wire: host, text: 'host.example.com.' },
  {
    type: 'NSEC',
    wire: `${host} 00 06 40 01 00 00 00 03`,
    text: 'host.example.com. A MX RRSIG NSEC',
  },
  {
    type: 'NSEC3',
    wire: '01 01 000c 04 aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 00 06 22 01 00 00 00 02',
    text: '1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG',
  },
  { type: 'NSEC3', wire: `01 00 0000 00 14 ${'ff'.repeat(20)}`, text: `1 0 0 - ${'V'.repeat(32)}` },
  { type: 'NSEC3PARAM', wire: '01 00 0000 00', text: '1 0 0 -' },
  { type: 'NSEC3PARAM', wire: '01 00 000c 04 aabbccdd', text: '1 0 12 AABBCCDD' },
  { type: 'PTR', wire: host, text: 'host.example.com.' },
  { type: 'RP', wire: `${host} 00`, text: 'host.example.com. .' },
  {
    type: 'RRSIG',
    wire: `0001 05 03 00015180 ${signatureTimes} 0a52 07 'example' 03 'com' 00 000102030405`,
    text: 'A 5 3 86400 20040322153504 20040220153504 2642 example.com. AAECAwQF',
  },
  { type: 'RT', wire: `000a ${host}`, text: '10 host.example.com.' },
  {
    type: 'SIG',
    wire: `0001 05 03 00015180 ${signatureTimes} 0a52 07 'example' 03 'com' 00 000102030405`,
    text: 'A 5 3 86400 20040322153504 20040220153504 2642 example.com. AAECAwQF',
  },
  {
    type: 'SOA',
    wire: "02 'ns' 00 0b 'host.master' 00 ffffffff 00001c20 00000e10 00127500 0000003c",
    text: 'ns. host\\.master. 4294967295 7200 3600 1209600 60',
  },
  { type: 'SRV', wire: `000a 0014 0035 ${host}`, text: '10 20 53 host.example.com.' },
  {
    type: 'SVCB',
    wire: "0010 03 'foo' 00 0000 0004 0001 0004 0001 0009 02 'h2' 05 'h3-19' 0004 0004 c0000201",
    text: '16 foo. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
  },
  {
    type: 'SVCB',
    wire: "0001 00 0001 0003 02 'h2' 0002 0000 0006 0010 20010db8 00000000 00000000 00000001 0007 0010 '/dns-query{?dns}'",
    text: '1 . alpn="h2" no-default-alpn ipv6hint=2001:db8::1 dohpath="/dns-query{?dns}"',
  },
  { type: 'SVCB', wire: "0001 00 029b 0005 'hello'", text: '1 . key667="hello"' },
  { type: 'TLSA', wire: '03 01 01 0123456789abcdef', text: '3 1 1 0123456789ABCDEF' },
  {
    type: 'TXT',
    wire: "05 'hello' 00 04 'a\"b' 5c 03 ff 00 07",
    text: '"hello" "" "a\\"b\\\\" "\\255\\000\\007"',
  },
];
