import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { a, query } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { askTcp, openTestResolver } from '../../resolver/test-resolver.ts';

describe('RFC 7766, DNS over TCP', () => {
  it('section 6.2.1.1 and 7: pipelined queries are answered, a slow one behind those that came after it', async () => {
    const deployment = testDeployment();
    const [address] = deployment.upstreams;
    const others = Promise.withResolvers<void>();
    let quick = 0;
    await using _upstream = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) => {
      const [question] = asked.questions;
      assert.ok(question);
      const answer = replyTo(asked, { answers: [{ ...a('x.', '198.51.100.1'), name: question.name }] });
      if (String.fromCharCode(question.name[1] ?? 0) === 's') {
        void others.promise.then(() => send(answer));
        return;
      }
      send(answer);
      quick += 1;
      if (quick === 2) others.resolve();
    });
    await using _resolver = await openTestResolver(deployment);
    const queries = ['slow.test.', 'quick.test.', 'another.test.'].map((name, id) =>
      encodeMessage(query(name, 'A', { id })),
    );
    const replies = await askTcp(queries, { address: deployment.service, port: deployment.port });
    const ids = replies.map(reply => decodeMessage(reply).id);
    assert.equal(ids.at(-1), 0);
    assert.deepEqual(ids.toSorted(), [0, 1, 2]);
  });

  it('section 5: a query over TCP is answered without one over UDP before it', async () => {
    const deployment = testDeployment();
    await using resolver = await openTestResolver(deployment);
    const dug = await resolver.dig('+tcp', 'CH', 'TXT', 'id.server');
    assert.deepEqual(dug.answers, ['id.server. 0 CH TXT "fra"']);
  });
});
