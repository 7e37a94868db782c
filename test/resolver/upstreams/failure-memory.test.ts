import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailureMemory } from '../../../src/resolver/upstreams/failure-memory.ts';

describe('the memory of failed questions', () => {
  it('lasts a second, longer with each failure that follows, five seconds at most', () => {
    const memory = new FailureMemory();
    let now = 0;
    const lasted = [1, 2, 3, 4, 5].map(() => {
      memory.add('question', now);
      const from = now;
      while (memory.has('question', now)) now += 100;
      return now - from;
    });
    assert.deepEqual(lasted, [1000, 2000, 4000, 5000, 5000]);
  });

  it('starts again at a second when the question has been answered, or not asked for long', () => {
    const memory = new FailureMemory();
    memory.add('answered', 0);
    memory.forget('answered');
    memory.add('answered', 1500);
    assert.equal(memory.has('answered', 2600), false);
    memory.add('old', 0);
    memory.add('old', 60_000);
    assert.equal(memory.has('old', 61_100), false);
  });

  it('forgets the oldest of more than ten thousand', () => {
    const memory = new FailureMemory();
    for (let index = 0; index <= 10_000; index += 1) memory.add(`question ${index}`, 0);
    assert.equal(memory.has('question 0', 0), false);
    assert.equal(memory.has('question 1', 0), true);
  });
});
