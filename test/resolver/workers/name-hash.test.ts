import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NameHash } from '../../../src/resolver/workers/name-hash.ts';
import { name } from '../messages.ts';

const names = Array.from({ length: 3000 }, (_, index) => name(`host${index}.zone${index % 7}.test.`));

describe('the hash of names', () => {
  it('gives a name the same place whatever the case of its letters', () => {
    const hash = new NameHash([1, 2]);
    for (const text of ['a.test.', 'WWW.example.', `${'x'.repeat(63)}.${'Y'.repeat(63)}.test.`, '.'])
      assert.equal(hash.place(name(text), 64), hash.place(name(text.toUpperCase()), 64));
  });

  it('spreads names evenly, and otherwise with another key', () => {
    const placesBy = (key: readonly [number, number]): number[] => {
      const hash = new NameHash(key);
      return names.map(each => hash.place(each, 3));
    };
    const places = placesBy([3, 4]);
    // A thousand each; six standard deviations are 155.
    for (const place of [0, 1, 2]) {
      const here = places.filter(each => each === place).length;
      assert.ok(Math.abs(here - 1000) < 155, `${here}`);
    }
    const others = placesBy([5, 6]);
    const same = places.filter((place, index) => place === others[index]).length;
    assert.ok(Math.abs(same - 1000) < 155, `${same}`);
  });
});
