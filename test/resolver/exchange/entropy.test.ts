import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Entropy } from '../../../src/resolver/exchange/entropy.ts';

describe('random numbers', () => {
  it('are all equally likely below a bound that divides nothing evenly', () => {
    const entropy = new Entropy();
    const counts = new Array<number>(6).fill(0);
    for (let draw = 0; draw < 60_000; draw += 1) {
      const number = entropy.below(6);
      counts[number] = (counts[number] ?? 0) + 1;
    }
    assert.equal(counts.length, 6);
    // 10000 give or take 91; six times that is one in 10^9.
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 550, `${counts}`);
  });

  it('are given out once: two batches have no more in common than chance has it', () => {
    const entropy = new Entropy();
    const pairs = new Set(Array.from({ length: 10_000 }, () => entropy.uint16() * 65_536 + entropy.uint16()));
    assert.ok(pairs.size >= 9998);
  });

  it('may have the whole range', () => {
    const entropy = new Entropy();
    for (let draw = 0; draw < 1000; draw += 1) assert.ok(entropy.below(65_536) < 65_536);
    assert.equal(entropy.below(1), 0);
  });
});
