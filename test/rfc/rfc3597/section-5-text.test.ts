import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { name, octets } from '../../dns/octets.ts';

test('an unknown type and class are shown by number, their data by length and hexadecimal', () => {
  const unknown = { name: name('a.example.'), type: 731, class: 32, ttl: 60 };
  const shown = (wire: string) =>
    formatRecord({ ...unknown, rdata: { kind: 'opaque', octets: octets(wire) } });
  assert.equal(shown('abcdef01 2345'), 'a.example. 60 CLASS32 TYPE731 \\# 6 abcdef012345');
  assert.equal(shown(''), 'a.example. 60 CLASS32 TYPE731 \\# 0');
});
