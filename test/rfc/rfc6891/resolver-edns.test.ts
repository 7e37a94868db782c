import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';

describe('RFC 6891, EDNS at the resolver', () => {
  let resolver: TestResolver;
  before(async () => {
    resolver = await openTestResolver(testDeployment());
  });
  after(() => resolver[Symbol.asyncDispose]());

  it('section 7: a query without OPT record gets a reply without one', async () => {
    assert.doesNotMatch((await resolver.dig('+noedns', 'CH', 'TXT', 'id.server')).text, /OPT PSEUDOSECTION/);
  });

  it('section 6.1.1: one with it gets one, version 0, 1232 octets, with the DO bit of the query', async () => {
    const { text } = await resolver.dig('+dnssec', 'CH', 'TXT', 'id.server');
    assert.match(text, /EDNS: version: 0, flags: do; udp: 1232/);
  });

  it('section 6.1.3: a version above 0 gets BADVERS and the version we speak', async () => {
    const dug = await resolver.dig('+edns=1', '+noednsneg', 'CH', 'TXT', 'id.server');
    assert.equal(dug.status, 'BADVERS');
    assert.match(dug.text, /EDNS: version: 0/);
    assert.deepEqual(dug.answers, []);
  });
});
