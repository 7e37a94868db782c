import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answersOf, openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

describe('RFC 8880, ipv4only.arpa', () => {
  it('section 7.1: a resolver that does DNS64 tells its prefix without asking anyone', async () => {
    await using names = await openNamesUnderTest({ names: 'dns64: { prefix: "64:ff9b::/96" }' });
    const addresses = async (type: 'A' | 'AAAA') =>
      answersOf(await names.ask('ipv4only.arpa.', type)).map(line => line.split(' ')[4]);
    assert.deepEqual(await addresses('AAAA'), ['64:ff9b::c000:aa', '64:ff9b::c000:ab']);
    assert.deepEqual(await addresses('A'), ['192.0.0.170', '192.0.0.171']);
    assert.equal(shapeOf(await names.ask('ipv4only.arpa.', 'MX')), 'NOERROR 0 1');
    assert.equal(shapeOf(await names.ask('a.ipv4only.arpa.', 'AAAA')), 'NXDOMAIN 0 1');
    assert.deepEqual(names.passed, []);
  });

  it('section 7.1: to any other resolver it is a name as any other', async () => {
    await using names = await openNamesUnderTest();
    await names.ask('ipv4only.arpa.', 'AAAA');
    assert.equal(names.passed.length, 1);
  });
});
