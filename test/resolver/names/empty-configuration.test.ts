import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { name } from '../messages.ts';
import { openNamesUnderTest } from './names-under-test.ts';

describe('the names policies without configuration', () => {
  it('give the very reply that comes from behind, for every type', async () => {
    const reply = emptyReply(0);
    await using names = await openNamesUnderTest({ behind: () => reply });
    for (const type of ['A', 'AAAA', 'PTR', 'CNAME', 'DS', 'HTTPS'] as const)
      assert.equal(await names.ask('www.example.', type), reply);
    assert.equal(names.passed.length, 6);
  });

  it('leave another class than IN alone', async () => {
    await using names = await openNamesUnderTest({
      names:
        'records: [www.example. 60 A 192.0.2.1], steered: [{ name: a.example, default: [192.0.2.1] }], dns64: { prefix: "64:ff9b::/96" }',
    });
    for (const text of ['www.example.', 'a.example.', 'localhost.'])
      await names.askQuestion({ name: name(text), type: 1, class: 3 });
    assert.equal(names.passed.length, 3);
  });
});
