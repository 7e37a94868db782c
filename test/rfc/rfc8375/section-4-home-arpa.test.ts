import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

describe('RFC 8375, home.arpa', () => {
  it('section 4: names in it are not asked about outside', async () => {
    await using names = await openNamesUnderTest();
    assert.equal(shapeOf(await names.ask('printer.home.arpa.')), 'NXDOMAIN 0 1');
    assert.equal(shapeOf(await names.ask('home.arpa.', 'A')), 'NOERROR 0 1');
    assert.equal(shapeOf(await names.ask('home.arpa.', 'SOA')), 'NOERROR 1 0');
    assert.deepEqual(names.passed, []);
  });

  it('section 4: its DS records are, for they show that it is not signed', async () => {
    await using names = await openNamesUnderTest();
    await names.ask('home.arpa.', 'DS');
    assert.equal(names.passed.length, 1);
    await names.ask('printer.home.arpa.', 'DS');
    assert.equal(names.passed.length, 1);
  });
});
