import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { a } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';

describe('RFC 5001, name server identifier', () => {
  const parts = new AsyncDisposableStack();
  let resolver: TestResolver;
  before(async () => {
    const deployment = testDeployment();
    const [address] = deployment.upstreams;
    parts.use(
      await openUpstream(address, deployment.upstreamPort, ({ query, send }) =>
        send(replyTo(query, { answers: [a('www.test.', '198.51.100.1')] })),
      ),
    );
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  it('section 2.1: is the name of the PoP, on forwarded, cached and own answers alike', async () => {
    for (const asked of [['www.test'], ['www.test'], ['CH', 'TXT', 'id.server'], ['+tcp', 'www.test']])
      assert.match((await resolver.dig('+nsid', ...asked)).text, /NSID: .*\("fra"\)/);
  });

  it('section 2.2: is not sent to who did not ask', async () => {
    assert.doesNotMatch((await resolver.dig('www.test')).text, /NSID/);
  });
});
