import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { a, query, txt } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { ask, openTestResolver } from '../../resolver/test-resolver.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('RFC 1035 at the resolver', () => {
  it('section 4.2.1: without EDNS a reply has 512 octets at most, and TC says that there is more', async () => {
    const deployment = testDeployment();
    const [address] = deployment.upstreams;
    const answers = Array.from({ length: 8 }, (_, index) => txt('big.test.', `${index}`.padStart(100, 'x')));
    await using _upstream = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
      send(replyTo(asked, { answers })),
    );
    await using resolver = await openTestResolver(deployment);
    const plain = await resolver.dig('+noedns', '+ignore', 'TXT', 'big.test');
    assert.ok(plain.flags.includes('tc'));
    assert.ok(Number(/MSG SIZE {2}rcvd: (\d+)/.exec(plain.text)?.[1]) <= 512);
    assert.equal((await resolver.dig('+bufsize=1232', '+ignore', 'TXT', 'big.test')).answers.length, 8);
  });

  it('section 3.2.1: a TTL counts down in the cache, and TTL 0 is for this one answer', async () => {
    const deployment = testDeployment();
    const clock = fakeClock();
    const [address] = deployment.upstreams;
    let ttl = 300;
    await using upstream = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
      send(
        replyTo(asked, {
          answers: asked.questions.map(({ name }) => ({ ...a('x.', '198.51.100.1', ttl), name })),
        }),
      ),
    );
    await using _resolver = await openTestResolver(deployment, { clock });
    const to = { address: deployment.management, port: deployment.port };
    const ttlOf = async (text: string): Promise<number | undefined> =>
      (await ask(query(text), to)).answers[0]?.ttl;
    assert.equal(await ttlOf('www.test.'), 300);
    await clock.advance(100_000);
    assert.equal(await ttlOf('www.test.'), 200);
    assert.equal(upstream.calls.length, 1);
    ttl = 0;
    assert.equal(await ttlOf('brief.test.'), 0);
    assert.equal(await ttlOf('brief.test.'), 0);
    assert.equal(upstream.calls.length, 3);
  });

  it('section 4.1.1: a query without RD is refused, for the cache is nobody else’s business', async () => {
    await using resolver = await openTestResolver(testDeployment());
    const dug = await resolver.dig('+norecurse', 'www.test');
    assert.equal(dug.status, 'REFUSED');
    assert.match(dug.text, /EDE: 20/);
  });
});
