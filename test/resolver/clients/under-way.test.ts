import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PrefixSlots } from '../../../src/resolver/clients/prefix-slots.ts';
import { UnderWay } from '../../../src/resolver/clients/under-way.ts';

function underWay(): UnderWay {
  return new UnderWay({ questions: 3, provenFactor: 2 }, new PrefixSlots([1, 2]));
}

/** How many more of a client's questions may begin. */
function room(table: UnderWay, address: string, isProven = false): number {
  let count = 0;
  for (; table.hasRoom(address, isProven); count += 1) table.begin(address, isProven);
  for (let left = count; left > 0; left -= 1) table.end(address, isProven);
  return count;
}

describe('the questions under way of a client prefix', () => {
  it('are capped, and those that end make room again', () => {
    const table = underWay();
    assert.equal(room(table, '198.18.0.1'), 3);
    table.begin('198.18.0.1', false);
    assert.equal(room(table, '198.18.0.1'), 2);
    table.end('198.18.0.1', false);
    assert.equal(room(table, '198.18.0.1'), 3);
  });

  it('are counted apart for clients whose address is proven, who may have more', () => {
    const table = underWay();
    for (let index = 0; index < 3; index += 1) table.begin('198.18.0.1', false);
    assert.equal(room(table, '198.18.0.1'), 0);
    assert.equal(room(table, '198.18.0.1', true), 6);
  });

  it('are shared by a network', () => {
    const table = underWay();
    for (let host = 0; host < 32; host += 1)
      for (let index = 0; index < 3; index += 1) table.begin(`198.18.0.${host}`, false);
    assert.equal(room(table, '198.18.0.200'), 0);
    assert.equal(room(table, '198.18.1.200'), 3);
  });
});
