import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SieveEntry, SieveMap } from '../../../src/resolver/cache/sieve-map.ts';

const far = 1_000_000;

type Does = 'set' | 'touch' | 'delete' | 'wait' | 'back';

interface Step {
  readonly key: number;
  readonly octets: number;
  readonly lives: number;
}

function put(
  map: SieveMap<SieveEntry>,
  key: string,
  { octets = 100, expiresS = far, nowS = 0 } = {},
): boolean {
  return map.set(new SieveEntry(key, octets, expiresS), nowS);
}

function touch(map: SieveMap<SieveEntry>, key: string): boolean {
  const entry = map.get(key);
  if (entry) entry.isHit = true;
  return entry !== undefined;
}

describe('the bounded map', () => {
  it('keeps entries of different kinds apart under one key, and counts and shows them together', () => {
    const map = new SieveMap<SieveEntry>(1_000_000);
    const entries = [1, 2, 3].map(kind => new SieveEntry('key', 100, far, kind));
    for (const entry of entries) map.set(entry, 0);
    assert.equal(map.get('key'), undefined);
    assert.deepEqual(
      [1, 2, 3].map(kind => map.get('key', kind)),
      entries,
    );
    assert.equal(map.size.entries, 3);
    map.delete(entries[1] as SieveEntry);
    assert.deepEqual([...map.present()], [entries[0], entries[2]]);
    assert.deepEqual([map.size.entries, map.size.octets], [2, 200]);
  });

  it('keeps what was asked for again, though rarely, through a flood of names that are asked once', () => {
    const map = new SieveMap<SieveEntry>(1_000_000);
    const warm = Array.from({ length: 1000 }, (_, index) => `warm-${index}`);
    for (const key of warm) put(map, key);
    for (const key of warm) touch(map, key);
    // A hundred times what the map holds, and not one hit on the warm names while it lasts.
    for (let index = 0; index < 1_000_000; index += 1) put(map, `flood-${index}`);
    assert.deepEqual(
      warm.filter(key => map.get(key) === undefined),
      [],
    );
  });

  it('takes in new names that are asked for again during a flood', () => {
    const map = new SieveMap<SieveEntry>(100_000);
    for (let index = 0; index < 5000; index += 1) put(map, `flood-${index}`);
    put(map, 'new');
    touch(map, 'new');
    for (let index = 0; index < 5000; index += 1) put(map, `more-${index}`);
    assert.ok(map.get('new'));
  });

  it('lets proven entries go that nobody asks for any more', () => {
    const map = new SieveMap<SieveEntry>(100_000);
    for (let index = 0; index < 1000; index += 1) {
      put(map, `old-${index}`);
      touch(map, `old-${index}`);
    }
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < 1000; index += 1) {
        put(map, `new-${round}-${index}`);
        touch(map, `new-${round}-${index}`);
      }
    }
    const left = Array.from({ length: 1000 }, (_, index) => map.get(`old-${index}`)).filter(Boolean);
    assert.equal(left.length, 0);
  });

  it('gives up what has expired before anything else, however often it was asked for', () => {
    const map = new SieveMap<SieveEntry>(10_000);
    for (let index = 0; index < 50; index += 1) {
      put(map, `expired-${index}`, { expiresS: 100 });
      touch(map, `expired-${index}`);
      put(map, `fresh-${index}`);
    }
    for (let index = 0; index < 50; index += 1) put(map, `new-${index}`, { nowS: 200 });
    for (let index = 0; index < 50; index += 1) {
      assert.equal(map.get(`expired-${index}`)?.key, undefined);
      assert.ok(map.get(`fresh-${index}`));
    }
  });

  it('has a successor take over the standing of the entry it replaces', () => {
    const map = new SieveMap<SieveEntry>(100_000);
    put(map, 'hot');
    touch(map, 'hot');
    put(map, 'hot');
    for (let index = 0; index < 5000; index += 1) put(map, `flood-${index}`);
    assert.ok(map.get('hot'));
  });

  it('refuses an entry that is too large for one name, and forgets the one it would have replaced', () => {
    const map = new SieveMap<SieveEntry>(10_000_000);
    assert.ok(put(map, 'a', { octets: 16_384 }));
    assert.equal(put(map, 'a', { octets: 16_385 }), false);
    assert.equal(map.get('a')?.key, undefined);
    assert.deepEqual(map.size, { entries: 0, octets: 0, maxOctets: 10_000_000, evictions: 0 });
  });

  it('never has more octets than its bound, and counts what its entries have, whatever happens', () => {
    const step = fc.record({
      key: fc.nat(60),
      does: fc.constantFrom<Does>('set', 'touch', 'delete', 'wait', 'back'),
      octets: fc.integer({ min: 1, max: 400 }),
      lives: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), steps => {
        const map = new SieveMap<SieveEntry>(20_000);
        let nowS = 1000;
        const doing = {
          set: ({ key, octets, lives }: Step) =>
            void put(map, `${key}`, { octets, expiresS: nowS + lives, nowS }),
          touch: ({ key }: Step) => void touch(map, `${key}`),
          delete: ({ key }: Step) => {
            const entry = map.get(`${key}`);
            if (entry) map.delete(entry);
          },
          wait: () => {
            nowS += 10;
          },
          back: () => {
            nowS -= 20;
          },
        };
        for (const each of steps) {
          doing[each.does](each);
          const present = [...map.present()];
          assert.ok(map.size.octets <= 20_000);
          assert.equal(
            map.size.octets,
            present.reduce((sum, { octets }) => sum + octets, 0),
          );
          assert.equal(map.size.entries, present.length);
        }
        for (const entry of [...map.present()]) map.delete(entry);
        assert.equal(map.size.octets, 0);
      }),
      { numRuns: 100 },
    );
  });
});
