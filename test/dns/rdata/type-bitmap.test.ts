import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bitmapHasType,
  bitmapTypes,
  takeTypeBitmap,
  typeBitmap,
} from '../../../src/dns/rdata/type-bitmap.ts';
import { Reader } from '../../../src/dns/reader.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';

test('a set of types is the same after being written and read, and knows its members', () => {
  const anyTypes = fc.uniqueArray(fc.nat(0xffff), { maxLength: 40 });
  fc.assert(
    fc.property(anyTypes, fc.nat(0xffff), (types, other) => {
      const bitmap = takeTypeBitmap(new Reader(typeBitmap(types)));
      assert.deepEqual(
        bitmapTypes(bitmap),
        types.toSorted((a, b) => a - b),
      );
      for (const type of types) assert.ok(bitmapHasType(bitmap, type));
      assert.equal(bitmapHasType(bitmap, other), types.includes(other));
    }),
  );
});

test('a type past the end of its window is not in the set', () => {
  const bitmap = typeBitmap([recordTypes.A]);
  assert.equal(bitmapHasType(bitmap, recordTypes.RRSIG), false);
  assert.equal(bitmapHasType(bitmap, 256 + recordTypes.A), false);
  assert.equal(bitmapHasType(typeBitmap([]), recordTypes.A), false);
});
