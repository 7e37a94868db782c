import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNames, formatName, isSubdomain } from '../../../src/dns/name.ts';
import { name } from '../../dns/octets.ts';

/** The section's own list, in its order. */
const ordered = [
  'example.',
  'a.example.',
  'yljkjljk.a.example.',
  'Z.a.example.',
  'zABC.a.EXAMPLE.',
  'z.example.',
  '\\001.z.example.',
  '*.z.example.',
  '\\200.z.example.',
];

test("the section's names sort into the section's order", () => {
  const shuffled = ordered.toReversed().map(name);
  assert.deepEqual(shuffled.toSorted(compareNames).map(formatName), ordered);
});

test('a name sorts right before everything below it', () => {
  for (const below of ordered.slice(1)) {
    assert.ok(compareNames(name('example.'), name(below)) < 0);
    assert.ok(isSubdomain(name(below), name('example.')));
  }
});
