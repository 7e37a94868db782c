import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

describe('RFC 7686, the onion name', () => {
  it('section 2: every query for it gets NXDOMAIN, and none goes out', async () => {
    await using names = await openNamesUnderTest();
    for (const type of ['A', 'AAAA', 'SOA', 'NS', 'DS', 'TXT'] as const) {
      assert.match(shapeOf(await names.ask('onion.', type)), /^NXDOMAIN 0/);
      assert.match(shapeOf(await names.ask('a.b.OnIoN.', type)), /^NXDOMAIN 0/);
    }
    assert.deepEqual(names.passed, []);
  });
});
