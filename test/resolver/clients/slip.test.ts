import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slip } from '../../../src/resolver/clients/slip.ts';

describe('the slip', () => {
  it('is due at every so-many-th query over the rate, whoever counts it', () => {
    const first = new Slip(3);
    const second = new Slip(3, first.memory);
    const due = Array.from({ length: 9 }, (_, index) => (index % 2 === 0 ? first : second).isDue());
    assert.deepEqual(due, [false, false, true, false, false, true, false, false, true]);
  });

  it('is never due where it is off', () => {
    const slip = new Slip(0);
    assert.ok(!Array.from({ length: 10 }, () => slip.isDue()).includes(true));
  });
});
