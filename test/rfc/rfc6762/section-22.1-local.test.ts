import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

describe('RFC 6762, names of multicast DNS', () => {
  it('section 22.1: those that come to a resolver all the same get NXDOMAIN', async () => {
    await using names = await openNamesUnderTest();
    assert.equal(shapeOf(await names.ask('printer.local.')), 'NXDOMAIN 0 1');
    assert.equal(shapeOf(await names.ask('local.', 'SOA')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('1.0.254.169.in-addr.arpa.', 'PTR')), 'NXDOMAIN 0 1');
    assert.deepEqual(names.passed, []);
  });

  it('but not where a network has a zone of that name', async () => {
    await using names = await openNamesUnderTest({ forward: { '.': [0], 'corp.local.': [1] } });
    await names.ask('host.corp.local.');
    assert.equal(names.passed.length, 1);
  });
});
