import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import {
  decodeRdata,
  encodeRdata,
  formatRdata,
  knownTypes,
  type Rdata,
} from '../../../src/dns/rdata/record-data.ts';
import { Reader } from '../../../src/dns/reader.ts';
import { recordClasses } from '../../../src/dns/record-class.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { Writer } from '../../../src/dns/writer.ts';
import { hex, name, octets } from '../octets.ts';
import { rdataVectors } from './vectors.ts';

function decode(type: keyof typeof recordTypes, wire: Uint8Array, rrClass: number = recordClasses.IN): Rdata {
  return decodeRdata(new Reader(wire), recordTypes[type], rrClass, wire.length);
}

function encode(type: keyof typeof recordTypes, rdata: Rdata): Uint8Array {
  const writer = new Writer();
  encodeRdata(writer, recordTypes[type], rdata);
  return writer.written();
}

for (const { type, wire, text } of rdataVectors) {
  test(`${type} is read, shown and written: ${text}`, () => {
    const rdata = decode(type, octets(wire));
    assert.equal(rdata.kind, type);
    assert.equal(formatRdata(rdata), text);
    assert.equal(hex(encode(type, rdata)), hex(octets(wire)));
  });
}

test('every known type has a vector', () => {
  const tried = new Set(rdataVectors.map(vector => vector.type));
  assert.deepEqual(
    knownTypes.filter(type => !tried.has(type)),
    [],
  );
});

test('every type that has a file is in the list, and the other way round', async () => {
  const parts = ['rdata-codec.ts', 'record-data.ts', 'service-parameter.ts', 'type-bitmap.ts'];
  const obsoleteMail = ['mb', 'md', 'mf', 'mg', 'mr'];
  const files = await readdir(new URL('../../../src/dns/rdata/', import.meta.url));
  const types = files
    .filter(file => file.endsWith('.ts') && !parts.includes(file))
    .flatMap(file => (file === 'obsolete-mail.ts' ? obsoleteMail : file.slice(0, -'.ts'.length)));
  assert.deepEqual(types.sort(), knownTypes.map(type => type.toLowerCase()).sort());
});

test('RDATA with an octet too many or too few is a fault, whatever the type', () => {
  // These end in octets without a length of their own: one more is just a longer field.
  const openEnded = ['CAA', 'DNSKEY', 'DS', 'RRSIG', 'SIG', 'TLSA'];
  for (const { type, wire } of rdataVectors) {
    const whole = octets(wire);
    const fault = { name: 'WireFault', code: /^(rdata-length|rdata-malformed)$/ };
    if (openEnded.includes(type)) {
      assert.throws(() => decode(type, whole.subarray(0, 2)), fault, type);
      continue;
    }
    assert.throws(() => decode(type, whole.subarray(0, -1)), fault, type);
    assert.throws(() => decode(type, Uint8Array.of(...whole, 1)), fault, type);
  }
});

test('empty RDATA is a fault in a known type and opaque in an UPDATE that deletes', () => {
  for (const type of knownTypes) {
    assert.throws(() => decode(type, new Uint8Array(0)), { code: 'rdata-length' }, type);
    assert.deepEqual(decode(type, new Uint8Array(0), recordClasses.ANY), {
      kind: 'opaque',
      octets: new Uint8Array(0),
    });
  }
});

test('a type of class IN is opaque in CHAOS, where its format is another one', () => {
  assert.equal(decode('A', octets('00 0001'), recordClasses.CH).kind, 'opaque');
  assert.equal(decode('TXT', octets("03 'fra'"), recordClasses.CH).kind, 'TXT');
});

test('content that no writer can mean is a fault', () => {
  const malformed: [keyof typeof recordTypes, string][] = [
    ['CAA', "00 00 'x'"],
    ['NSEC', '00 01 01 80 00 01 80'],
    ['NSEC', '00 00 01 80 00 01 80'],
    ['NSEC', '00 00 00'],
    ['NSEC', `00 00 21 ${'ff'.repeat(33)}`],
    ['NSEC3', '01 00 0000 00 00'],
    ['SVCB', '0001 00 0003 0002 01bb 0001 0000'],
    ['SVCB', '0001 00 0003 0002 01bb 0003 0002 01bb'],
  ];
  for (const [type, wire] of malformed) {
    assert.throws(() => decode(type, octets(wire)), { code: 'rdata-malformed' }, `${type} ${wire}`);
  }
});

test('a service parameter that breaks its format is kept and shown as octets', () => {
  const shown: [string, string][] = [
    ['0003 0001 01', '1 . key3="\\001"'],
    ['0004 0003 c00002', '1 . key4="\\192\\000\\002"'],
    ['0001 0002 05 68', '1 . key1="\\005h"'],
    ['0001 0000', '1 . key1'],
    ['0000 0001 00', '1 . key0="\\000"'],
    ['0002 0001 00', '1 . key2="\\000"'],
  ];
  for (const [parameters, text] of shown) {
    const wire = octets(`0001 00 ${parameters}`);
    const rdata = decode('SVCB', wire);
    assert.equal(formatRdata(rdata), text);
    assert.deepEqual(encode('SVCB', rdata), wire);
  }
});

test('values that do not fit their field are refused by name, not written wrong', () => {
  const cases: [keyof typeof recordTypes, Rdata][] = [
    ['A', { kind: 'A', address: new Uint8Array(16) }],
    ['TXT', { kind: 'TXT', strings: [new Uint8Array(256)] }],
    ['MX', { kind: 'NS', target: name('.') }],
  ];
  for (const [type, rdata] of cases) assert.throws(() => encode(type, rdata), RangeError, type);
});
