import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeName, parseOpcode } from '../../src/dns/opcode.ts';
import { parseRcode, rcodeName } from '../../src/dns/rcode.ts';
import { parseRecordClass, recordClassName } from '../../src/dns/record-class.ts';
import { parseRecordType, recordTypeName, recordTypes } from '../../src/dns/record-type.ts';

test('a number has its registered name, or prefix and decimal', () => {
  assert.equal(recordTypeName(28), 'AAAA');
  assert.equal(recordTypeName(65_280), 'TYPE65280');
  assert.equal(recordClassName(3), 'CH');
  assert.equal(recordClassName(42), 'CLASS42');
  assert.equal(rcodeName(16), 'BADVERS');
  assert.equal(opcodeName(9), 'OPCODE9');
});

test('either form is read in any letter case, and reads back what was written', () => {
  assert.equal(parseRecordType('aaaa'), 28);
  assert.equal(parseRecordType('type28'), 28);
  assert.equal(parseRecordClass('Ch'), 3);
  assert.equal(parseRcode('nxdomain'), 3);
  assert.equal(parseOpcode('NOTIFY'), 4);
  for (const [name, value] of Object.entries(recordTypes)) assert.equal(parseRecordType(name), value);
  for (let value = 0; value < 300; value += 1) assert.equal(parseRecordType(recordTypeName(value)), value);
});

test('what names no value of the field is refused', () => {
  for (const text of [
    '',
    'AAAAA',
    'TYPE',
    'TYPE65536',
    'TYPE-1',
    'TYPE1.5',
    '28',
    'constructor',
    '__proto__',
  ]) {
    assert.equal(parseRecordType(text), undefined, text);
  }
  assert.equal(parseOpcode('OPCODE16'), undefined);
  assert.equal(parseRcode('RCODE4096'), undefined);
});
