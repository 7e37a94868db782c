import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRdata, formatRdata } from '../../../src/dns/rdata/record-data.ts';
import { typeBitmap } from '../../../src/dns/rdata/type-bitmap.ts';
import { Reader } from '../../../src/dns/reader.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { hex, octets } from '../../dns/octets.ts';

const bitmap = `00 06 40 01 00 00 00 03 04 1b ${'00'.repeat(26)} 20`;

test("the section's example, two windows, is read and shown", () => {
  const wire = octets(`04 'host' 07 'example' 03 'com' 00 ${bitmap}`);
  const rdata = decodeRdata(new Reader(wire), recordTypes.NSEC, 1, wire.length);
  assert.equal(formatRdata(rdata), 'host.example.com. A MX RRSIG NSEC TYPE1234');
});

test("the section's set of types gives the section's octets, in whatever order it is told", () => {
  const { A, MX, RRSIG, NSEC } = recordTypes;
  assert.equal(hex(typeBitmap([1234, NSEC, A, RRSIG, MX])), hex(octets(bitmap)));
});
