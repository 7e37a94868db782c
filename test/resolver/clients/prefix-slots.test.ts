import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ipv4Weights,
  ipv6Weights,
  PrefixSlots,
  type PrefixWeight,
  rows,
  slotsPerRow,
} from '../../../src/resolver/clients/prefix-slots.ts';

const slots = new PrefixSlots([0x0123_4567, 0x89ab_cdef]);

/** By length of the prefix. */
function slotsOf(address: string, kind = 0, from = slots): Map<number, string> {
  const weights = from.locate(address, kind);
  return new Map(
    weights.map(({ length }, index) => [length, from.slots.slice(index * rows, (index + 1) * rows).join()]),
  );
}

function shared(one: string, other: string): number[] {
  const others = slotsOf(other);
  return [...slotsOf(one)].filter(([length, slot]) => others.get(length) === slot).map(([length]) => length);
}

describe('the slots of an address', () => {
  it('are those of its prefixes, each of which has the same for all its addresses', () => {
    assert.deepEqual(shared('192.0.2.1', '192.0.2.1'), [32, 24, 20, 18]);
    assert.deepEqual(shared('192.0.2.1', '192.0.2.2'), [24, 20, 18]);
    assert.deepEqual(shared('192.0.2.1', '192.0.15.1'), [20, 18]);
    assert.deepEqual(shared('192.0.2.1', '192.0.16.1'), [18]);
    assert.deepEqual(shared('192.0.2.1', '192.0.63.1'), [18]);
    assert.deepEqual(shared('192.0.2.1', '192.0.64.1'), []);
    assert.deepEqual(shared('2001:db8::1', '2001:db8::2'), [64, 56, 48, 32]);
    assert.deepEqual(shared('2001:db8::1', '2001:db8:0:1::1'), [56, 48, 32]);
    assert.deepEqual(shared('2001:db8::1', '2001:db8:0:100::1'), [48, 32]);
    assert.deepEqual(shared('2001:db8::1', '2001:db8:1::1'), [32]);
    assert.deepEqual(shared('2001:db8::1', '2001:db9::1'), []);
  });

  it('are others for each kind, prefix and family, and for each key', () => {
    const all = [
      ...[0, 1, 2, 3].flatMap(kind => [
        ...slotsOf('0.0.0.0', kind).values(),
        ...slotsOf('::', kind).values(),
      ]),
      ...slotsOf('0.0.0.0', 0, new PrefixSlots([1, 2])).values(),
    ];
    assert.equal(new Set(all).size, all.length);
  });

  it('lie in the row that each is of', () => {
    for (const address of ['192.0.2.1', '2001:db8::1', 'no address']) {
      const weights: readonly PrefixWeight[] = slots.locate(address, 3);
      assert.equal(weights, address.includes(':') ? ipv6Weights : ipv4Weights);
      for (let index = 0; index < weights.length * rows; index += 1)
        assert.equal(Math.floor((slots.slots[index] ?? -1) / slotsPerRow), index % rows);
    }
  });

  it('are spread as if drawn: as many addresses as slots leave one in e empty, in both rows', () => {
    const seen = [new Set<number>(), new Set<number>()];
    const pairs = new Set<string>();
    for (let host = 0; host < slotsPerRow; host += 1) {
      slots.locate(`198.18.${host >> 8}.${host & 0xff}`, 0);
      for (const [row, of] of seen.entries()) of.add(slots.slots[row] ?? 0);
      pairs.add(`${slots.slots[0]},${slots.slots[1]}`);
    }
    for (const { size } of seen) assert.ok(Math.abs(size / slotsPerRow - (1 - 1 / Math.E)) < 0.02, `${size}`);
    // Two that share both would pay for each other; of two thousand million pairs it is half of one that does.
    assert.ok(pairs.size >= slotsPerRow - 4, `${pairs.size}`);
  });
});
