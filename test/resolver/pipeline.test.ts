import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPipeline, policies } from '../../src/resolver/pipeline.ts';
import { type ClientQuery, type Policy, passThrough, stages } from '../../src/resolver/policy.ts';
import { emptyReply } from '../../src/resolver/reply.ts';
import { testServices } from './policy-services.ts';
import { testDeployment } from './test-deployment.ts';

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

describe('a pipeline', () => {
  const { slice } = testDeployment();
  const ended: string[] = [];
  const holding = (name: string): Policy => ({
    name,
    stage: 'local',
    create: () => {
      const handler = () => emptyReply(0);
      return Object.assign(handler, {
        [Symbol.asyncDispose]: async () => {
          ended.push(name);
        },
      });
    },
  });

  it('gives back what its policies hold, the last first', async () => {
    ended.length = 0;
    const plain: Policy = { name: 'plain', stage: 'local', create: () => (query, next) => next(query) };
    const pipeline = createPipeline(slice, await testServices(slice), [
      holding('first'),
      plain,
      holding('second'),
    ]);
    assert.deepEqual(ended, []);
    await pipeline[Symbol.asyncDispose]();
    assert.deepEqual(ended, ['second', 'first']);
  });

  it('leaves out policies that have nothing to do', async () => {
    const idle: Policy = { name: 'idle', stage: 'local', create: () => passThrough };
    const answer = emptyReply(0);
    const last: Policy = { name: 'last', stage: 'local', create: () => () => answer };
    const services = await testServices(slice);
    await using pipeline = createPipeline(slice, services, [idle, last, idle]);
    assert.equal(pipeline.answer({} as ClientQuery), answer);
    const names = policies
      .filter(({ stage }) => stage === 'names')
      .map(policy => policy.create(slice, services));
    assert.equal(names.filter(handler => handler !== passThrough).length, 1);
  });

  it('gives back what was made when a policy refuses the configuration', async () => {
    ended.length = 0;
    const refusing: Policy = {
      name: 'refusing',
      stage: 'local',
      create: () => {
        throw new Error('no such list');
      },
    };
    const services = await testServices(slice);
    assert.throws(() => createPipeline(slice, services, [holding('first'), refusing]), /no such list/);
    await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(ended, ['first']);
  });
});
