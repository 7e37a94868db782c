import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readExtendedErrors } from '../../../src/dns/options/extended-error.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { a, edns, query } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { ask, openTestResolver } from '../../resolver/test-resolver.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('RFC 9520, caching of resolution failures', () => {
  it('section 3.2: a failure is kept for a second, then asked about again', async () => {
    const deployment = testDeployment();
    const clock = fakeClock();
    const [address] = deployment.upstreams;
    let isBroken = true;
    await using upstream = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
      send(
        replyTo(asked, isBroken ? { rcode: rcodes.SERVFAIL } : { answers: [a('www.test.', '198.51.100.1')] }),
      ),
    );
    await using _resolver = await openTestResolver(deployment, { clock });
    const to = { address: deployment.management, port: deployment.port };
    const asked = query('www.test.', 'A', { edns: edns() });
    const first = await ask(asked, to);
    assert.equal(first.rcode, rcodes.SERVFAIL);
    assert.deepEqual(readExtendedErrors(first.edns), [{ infoCode: 22, text: '' }]);
    await clock.advance(900);
    const second = await ask(asked, to);
    assert.equal(second.rcode, rcodes.SERVFAIL);
    assert.deepEqual(readExtendedErrors(second.edns), [{ infoCode: 13, text: '' }]);
    assert.equal(upstream.calls.length, 1);
    isBroken = false;
    await clock.advance(100);
    assert.equal((await ask(asked, to)).answers.length, 1);
    assert.equal(upstream.calls.length, 2);
  });

  it('section 3.2: it is kept longer each time it follows another, to 5 seconds, which is less than 5 minutes', async () => {
    const deployment = testDeployment();
    const clock = fakeClock();
    const [address] = deployment.upstreams;
    await using upstream = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
      send(replyTo(asked, { rcode: rcodes.SERVFAIL })),
    );
    await using _resolver = await openTestResolver(deployment, { clock });
    const to = { address: deployment.management, port: deployment.port };
    const again = () => ask(query('www.test.', 'A', { edns: edns() }), to);
    assert.equal((await again()).rcode, rcodes.SERVFAIL);
    for (const [index, heldMs] of [1000, 2000, 4000, 5000, 5000].entries()) {
      await clock.advance(heldMs - 1);
      assert.equal((await again()).rcode, rcodes.SERVFAIL);
      assert.equal(upstream.calls.length, index + 1);
      await clock.advance(1);
      assert.equal((await again()).rcode, rcodes.SERVFAIL);
      assert.equal(upstream.calls.length, index + 2);
    }
  });
});
