import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import type { Rdata } from '../../../src/dns/rdata/record-data.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { hex, joined, name, octets, record, response, wire } from '../../dns/octets.ts';

type TypeName = keyof typeof recordTypes;

/** RDATA up to its only, or last, name; and what follows it. */
const layouts = {
  NS: ['', ''],
  CNAME: ['', ''],
  PTR: ['', ''],
  MB: ['', ''],
  MX: ['000a', ''],
  SOA: ['00', '00'.repeat(20)],
  MINFO: ['00', ''],
  SRV: ['000a 0014 0035', ''],
  NAPTR: ['0064 000a 00 00 00', ''],
  RP: ['00', ''],
  AFSDB: ['0001', ''],
  RT: ['000a', ''],
  SIG: ['00'.repeat(18), '01'],
  RRSIG: ['00'.repeat(18), '01'],
  DNAME: ['', ''],
  NSEC: ['', '0001 40'],
  SVCB: ['0001', ''],
  HTTPS: ['0001', ''],
} as const satisfies Partial<Record<TypeName, readonly [string, string]>>;

/** One record of this type owned by `example.com`, its RDATA's name a pointer to the owner. */
function compressedRecord(type: keyof typeof layouts): Uint8Array {
  const [before, after] = layouts[type];
  const rdata = octets(`${before} c00c ${after}`);
  const fields = Uint8Array.of(0, recordTypes[type], 0, 1, 0, 0, 1, 0x2c, 0, rdata.length);
  return wire([0, 1, 0, 0], joined(octets("07 'example' 03 'com' 00"), fields, rdata));
}

function isCompressedWhenWritten(type: keyof typeof layouts): boolean {
  const [before, after] = layouts[type];
  const full = octets(`${before} 07 'example' 03 'com' 00 ${after}`);
  const fields = Uint8Array.of(0, recordTypes[type], 0, 1, 0, 0, 1, 0x2c, 0, full.length);
  const message = decodeMessage(wire([0, 1, 0, 0], joined(octets("07 'example' 03 'com' 00"), fields, full)));
  return encodeMessage(message).length < 12 + 13 + 10 + full.length;
}

const rfc1035 = ['NS', 'CNAME', 'PTR', 'MB', 'MX', 'SOA', 'MINFO'] as const;
const onceCompressed = ['SRV', 'NAPTR', 'RP', 'AFSDB', 'RT', 'SIG'] as const;
const never = ['RRSIG', 'DNAME', 'NSEC', 'SVCB', 'HTTPS'] as const;

test('names in the types of RFC 1035 are read compressed and written compressed', () => {
  for (const type of rfc1035) {
    assert.equal(decodeMessage(compressedRecord(type)).answers[0]?.rdata.kind, type);
    assert.ok(isCompressedWhenWritten(type), type);
  }
});

test('names in the types that were once sent compressed are read so, and written in full', () => {
  for (const type of onceCompressed) {
    assert.equal(decodeMessage(compressedRecord(type)).answers[0]?.rdata.kind, type);
    assert.ok(!isCompressedWhenWritten(type), type);
  }
});

test('names in later types are written in full, and compressed they are a fault', () => {
  for (const type of never) {
    assert.throws(() => decodeMessage(compressedRecord(type)), { code: 'pointer-forbidden' }, type);
    assert.ok(!isCompressedWhenWritten(type), type);
  }
});

test('what looks like a pointer in an unknown type is octets', () => {
  const rdata: Rdata = { kind: 'opaque', octets: octets('c00c') };
  const message = response({ answers: [{ ...record('www.example.com', 'A', rdata), type: 65_280 }] });
  assert.deepEqual(decodeMessage(encodeMessage(message)).answers[0]?.rdata, rdata);
});

test('a name written in full inside RDATA is no target for later names', () => {
  const message = response({
    answers: [
      record('www.example.com', 'DNAME', { kind: 'DNAME', target: name('other.test') }),
      record('other.test', 'A', { kind: 'A', address: octets('c0000201') }),
    ],
  });
  const written = hex(encodeMessage(message));
  assert.equal(written.split(hex(octets("05 'other' 04 'test' 00"))).length - 1, 2);
});
