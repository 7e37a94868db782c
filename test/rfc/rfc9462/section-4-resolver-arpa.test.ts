import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { name } from '../../resolver/messages.ts';
import { answersOf, openNamesUnderTest, shapeOf } from '../../resolver/names/names-under-test.ts';
import { openTestResolver } from '../../resolver/test-resolver.ts';
import { dohPort, dotPort, tlsDeployment } from '../../resolver/tls-deployment.ts';

describe('RFC 9462, resolver.arpa', () => {
  it('section 4: without designated resolvers every query in it gets NODATA', async () => {
    await using names = await openNamesUnderTest();
    for (const text of ['_dns.resolver.arpa.', 'resolver.arpa.', 'a.b.resolver.arpa.'])
      assert.equal(shapeOf(await names.ask(text, 'SVCB')), 'NOERROR 0 1', text);
    assert.deepEqual(names.passed, []);
  });

  it('section 4: the transports of this resolver are told, where it has a name for them', async () => {
    const resolver = ['names: { discovery: { name: dns.example } }'];
    await using made = await tlsDeployment({ resolver });
    const { deployment } = made;
    await using running = await openTestResolver(deployment);
    const { answers, flags } = await running.dig('_dns.resolver.arpa', 'SVCB');
    const hint = `ipv4hint=${deployment.service}`;
    assert.deepEqual(answers, [
      `_dns.resolver.arpa. 300 IN SVCB 1 dns.example. alpn="dot" port=${dotPort} ${hint}`,
      `_dns.resolver.arpa. 300 IN SVCB 2 dns.example. alpn="h2" port=${dohPort} ${hint} key7="/dns-query{?dns}"`,
    ]);
    assert.ok(flags.includes('aa'));
    assert.deepEqual((await running.dig('_dns.resolver.arpa', 'A')).answers, []);
    assert.equal((await running.dig('resolver.arpa', 'SVCB')).status, 'NOERROR');
  });

  it('section 4: usual ports go without saying; an own record stands in place of them all', async () => {
    await using own = await openNamesUnderTest({
      transports: 'tls: { certificate: /a, key: /b }, doh: { path: /q }',
      names: 'discovery: { name: dns.example }',
    });
    assert.deepEqual(answersOf(await own.ask('_dns.resolver.arpa.', 'SVCB')), [
      '_dns.resolver.arpa. 300 IN SVCB 1 dns.example. alpn="h2" ipv4hint=SERVICE dohpath="/q{?dns}"'.replace(
        'SERVICE',
        own.service,
      ),
    ]);
    await using names = await openNamesUnderTest({
      names: `records: ['_dns.resolver.arpa. 7200 SVCB 1 dns.example. alpn=dot']`,
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
