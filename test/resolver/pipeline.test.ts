import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { policies } from '../../src/resolver/pipeline.ts';
import { stages } from '../../src/resolver/policy.ts';

describe('the pipeline', () => {
  it('lists its policies by stage, in the order of the stages', () => {
    const positions = policies.map(policy => stages.indexOf(policy.stage));
    assert.deepEqual(
      positions,
      positions.toSorted((first, second) => first - second),
    );
  });

  it('has a policy in every stage, each of its own name', () => {
    assert.deepEqual(
      stages.filter(stage => !policies.some(policy => policy.stage === stage)),
      [],
    );
    assert.equal(new Set(policies.map(policy => policy.name)).size, policies.length);
  });
});
