import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { a, cname, query, soa, type TypeName } from '../../resolver/messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream } from '../../resolver/scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../../resolver/test-deployment.ts';
import { ask, openTestResolver } from '../../resolver/test-resolver.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

describe('RFC 2308, negative caching', () => {
  const parts = { current: new AsyncDisposableStack() };
  let deployment: TestDeployment;
  let upstream: ScriptedUpstream;
  let clock: FakeClock;
  let answer: Partial<Message>;

  beforeEach(async () => {
    parts.current = new AsyncDisposableStack();
    deployment = testDeployment({ resolver: ['cache: { maxNegativeTtl: 100s }'] });
    clock = fakeClock();
    const [address] = deployment.upstreams;
    upstream = parts.current.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
        send(replyTo(asked, answer)),
      ),
    );
    parts.current.use(await openTestResolver(deployment, { clock }));
  });
  afterEach(() => parts.current.disposeAsync());

  async function resolve(text: string, type: TypeName = 'A'): Promise<Message> {
    return await ask(query(text, type), { address: deployment.management, port: deployment.port });
  }

  it('section 5: NXDOMAIN is kept for the lesser of the SOA record’s TTL and its MINIMUM', async () => {
    for (const [name, times] of [
      ['a.test.', { ttl: 3600, minimum: 60 }],
      ['b.test.', { ttl: 60, minimum: 3600 }],
    ] as const) {
      answer = { rcode: rcodes.NXDOMAIN, authorities: [soa('test.', times)] };
      const before = upstream.calls.length;
      assert.equal((await resolve(name)).rcode, rcodes.NXDOMAIN);
      await clock.advance(59_000);
      const cached = await resolve(name);
      assert.equal(cached.rcode, rcodes.NXDOMAIN);
      assert.equal(cached.authorities[0]?.ttl, 1);
      assert.equal(upstream.calls.length - before, 1);
      await clock.advance(1000);
      await resolve(name);
      assert.equal(upstream.calls.length - before, 2);
    }
  });

  it('section 5: NXDOMAIN answers for every type of the name', async () => {
    answer = { rcode: rcodes.NXDOMAIN, authorities: [soa('test.')] };
    await resolve('no.test.', 'A');
    assert.equal((await resolve('no.test.', 'MX')).rcode, rcodes.NXDOMAIN);
    assert.equal(upstream.calls.length, 1);
  });

  it('section 5: NODATA is kept for its type alone', async () => {
    answer = { authorities: [soa('test.')] };
    await resolve('www.test.', 'MX');
    assert.equal((await resolve('www.test.', 'MX')).rcode, rcodes.NOERROR);
    assert.equal(upstream.calls.length, 1);
    answer = { answers: [a('www.test.', '198.51.100.1')] };
    assert.equal((await resolve('www.test.', 'A')).answers.length, 1);
  });

  it('section 5: a denial without SOA record is not kept', async () => {
    answer = { rcode: rcodes.NXDOMAIN };
    await resolve('no.test.');
    await resolve('no.test.');
    assert.equal(upstream.calls.length, 2);
  });

  it('section 5: a cap of our own holds over what the zone says', async () => {
    answer = { rcode: rcodes.NXDOMAIN, authorities: [soa('test.', { ttl: 86_400, minimum: 86_400 })] };
    assert.equal((await resolve('no.test.')).authorities[0]?.ttl, 100);
    await clock.advance(100_000);
    await resolve('no.test.');
    assert.equal(upstream.calls.length, 2);
  });

  it('section 2.1: NXDOMAIN at the end of an alias denies the target, not the alias', async () => {
    const alias = cname('alias.test.', 'no.test.');
    answer = { rcode: rcodes.NXDOMAIN, answers: [alias], authorities: [soa('test.')] };
    const denied = await resolve('alias.test.');
    assert.equal(denied.rcode, rcodes.NXDOMAIN);
    assert.equal(denied.answers.length, 1);
    answer = { answers: [alias] };
    assert.equal((await resolve('alias.test.', 'CNAME')).rcode, rcodes.NOERROR);
  });
});
