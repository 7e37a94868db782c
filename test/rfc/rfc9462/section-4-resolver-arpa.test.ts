import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { name } from '../../resolver/messages.ts';
import { openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';

describe('RFC 9462, resolver.arpa', () => {
  it('section 4: without designated resolvers every query in it gets NODATA', async () => {
    await using names = await openNamesUnderTest();
    for (const text of ['_dns.resolver.arpa.', 'resolver.arpa.', 'a.b.resolver.arpa.'])
      assert.equal(shapeOf(await names.ask(text, 'SVCB')), 'NOERROR 0 1', text);
    assert.deepEqual(names.passed, []);
  });

  it('section 4: a designated resolver can be told of', async () => {
    // 1 dns.example. alpn=dot
    const octets = '0001 03646e73076578616d706c6500 0001 0004 03646f74';
    const length = octets.replaceAll(' ', '').length / 2;
    await using names = await openNamesUnderTest({
      names: `records: ['_dns.resolver.arpa. 7200 SVCB \\# ${length} ${octets}']`,
    });
    const reply = await names.askQuestion({
      name: name('_dns.resolver.arpa.'),
      type: recordTypes.SVCB,
      class: 1,
    });
    assert.equal(shapeOf(reply), 'NOERROR 1 0');
    assert.equal(reply.answers[0]?.rdata.kind, 'SVCB');
  });
});
