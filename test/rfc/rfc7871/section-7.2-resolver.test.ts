import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { findOption, optionCodes } from '../../../src/dns/edns.ts';
import { clientSubnetOption } from '../../../src/dns/options/client-subnet.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { a, edns, query } from '../../resolver/messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream } from '../../resolver/scripted-upstream.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { type AskTo, ask, openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';

const subnet = clientSubnetOption({
  address: Uint8Array.of(198, 51, 100, 0),
  sourcePrefixLength: 24,
  scopePrefixLength: 0,
});

describe('RFC 7871 section 7, client subnets at a resolver that has none', () => {
  const parts = new AsyncDisposableStack();
  let resolver: TestResolver;
  let upstream: ScriptedUpstream;
  let to: AskTo;
  before(async () => {
    const deployment = testDeployment();
    to = { address: deployment.service, port: deployment.port };
    const [address] = deployment.upstreams;
    // An upstream that answers with a subnet of its own accord, which must not get through either.
    const options = [{ ...subnet, data: subnet.data.with(3, 24) }];
    upstream = parts.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
        send(
          replyTo(asked, {
            answers: [a('www.test.', '192.0.2.1')],
            ...(asked.edns && { edns: { ...asked.edns, options } }),
          }),
        ),
      ),
    );
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  it('section 7.1.1: no query to a server carries one, whatever the client sent', async () => {
    const reply = await ask(query('www.test.', 'A', { edns: edns({ options: [subnet] }) }), to);
    assert.equal(reply.answers.length, 1);
    assert.equal(upstream.calls.length, 1);
    for (const call of upstream.calls)
      assert.equal(findOption(call.query.edns, optionCodes.clientSubnet), undefined);
  });

  it('section 7.2.2: the reply has none, which says that the answer is the same for everyone', async () => {
    const reply = await ask(query('www.test.', 'A', { edns: edns({ options: [subnet] }) }), to);
    assert.deepEqual(reply.edns?.options, []);
    assert.doesNotMatch((await resolver.dig('+subnet=203.0.113.0/24', 'www.test')).text, /CLIENT-SUBNET/);
  });

  it('section 7.3.1: it is no part of what answers are kept by', async () => {
    const asked = upstream.calls.length;
    for (const option of ['+subnet=203.0.113.0/24', '+subnet=2001:db8::/56', '+subnet=0', '+nosubnet'])
      assert.equal((await resolver.dig(option, 'www.test')).answers.length, 1);
    assert.equal(upstream.calls.length, asked);
  });

  it('one that is malformed is as any option that means nothing to a server: ignored', async () => {
    const options = [{ code: optionCodes.clientSubnet, data: Uint8Array.of(0, 9, 200, 0) }];
    const reply = await ask(query('www.test.', 'A', { edns: edns({ options }) }), to);
    assert.equal(reply.rcode, rcodes.NOERROR);
  });
});
