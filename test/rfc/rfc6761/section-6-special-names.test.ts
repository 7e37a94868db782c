import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatRecord } from '../../../src/dns/record-text.ts';
import { answersOf, openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

describe('RFC 6761, special-use names at a caching resolver', () => {
  it('section 6.3: localhost and all below it have the loopback addresses, of any other type nothing', async () => {
    await using names = await openNamesUnderTest();
    for (const name of ['localhost.', 'LOCALHOST.', 'a.localhost.', 'a.b.localhost.']) {
      assert.deepEqual(answersOf(await names.ask(name, 'A')), [`${name} 10800 IN A 127.0.0.1`]);
      assert.deepEqual(answersOf(await names.ask(name, 'AAAA')), [`${name} 10800 IN AAAA ::1`]);
      assert.equal(shapeOf(await names.ask(name, 'MX')), 'NOERROR 0 1', name);
    }
    assert.equal(shapeOf(await names.ask('localhost.', 'DS')), 'NOERROR 0 1');
    assert.deepEqual(names.passed, []);
  });

  it('section 6.4: there is no invalid, and nothing below it', async () => {
    await using names = await openNamesUnderTest();
    assert.equal(shapeOf(await names.ask('invalid.', 'SOA')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('a.b.invalid.', 'A')), 'NXDOMAIN 0 1');
    assert.deepEqual(names.passed, []);
  });

  it('section 6.2: test is empty, and its denials can be kept', async () => {
    await using names = await openNamesUnderTest();
    const denial = await names.ask('www.test.');
    assert.equal(shapeOf(denial), 'NXDOMAIN 0 1');
    assert.equal(denial.authoritative, true);
    assert.deepEqual(denial.authorities.map(formatRecord), [
      'test. 10800 IN SOA test. nobody.invalid. 1 3600 1200 604800 10800',
    ]);
    assert.equal(shapeOf(await names.ask('test.', 'A')), 'NOERROR 0 1');
    assert.deepEqual(names.passed, []);
  });

  it('section 6.5: example names are resolved as any other', async () => {
    await using names = await openNamesUnderTest();
    for (const name of ['example.', 'www.example.', 'example.com.']) await names.ask(name);
    assert.equal(names.passed.length, 3);
  });

  it('leaves out what the operator lists, and what has a forward zone', async () => {
    for (const { asked, ...options } of [
      { asked: 'a.test.', names: 'specialUse: { except: [TEST] }' },
      { asked: 'a.www.test.', names: 'specialUse: { except: [www.test.] }' },
      { asked: 'plain.test.', forward: { '.': [0], 'plain.test.': [1] } },
      { asked: 'a.test.', forward: { '.': [0], 'test.': [1] } },
    ]) {
      await using names = await openNamesUnderTest(options);
      await names.ask(asked);
      assert.equal(names.passed.length, 1);
      for (const other of ['a.invalid.', 'wwww.test.', 'a\\.www.test.']) await names.ask(other);
      assert.equal(names.passed.length, asked === 'a.test.' ? 3 : 1);
    }
  });

  it('is not led astray by dots and NULs in labels, nor by a name that only ends alike', async () => {
    await using names = await openNamesUnderTest();
    const strange = [
      'a\\.test.',
      'test\\000.',
      'xtest.',
      'test.example.',
      'a\\.localhost.',
      '1\\.10.in-addr\\.arpa.',
    ];
    for (const name of strange) await names.ask(name);
    assert.equal(names.passed.length, strange.length);
  });
});
