import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { a, query } from '../messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { ask, openTestResolver } from '../test-resolver.ts';

const warmUp = 'cache: { warmUp: { from: [fra], within: 5s } }';

/** A server in the place of the other PoP's telemetry page. */
async function openPage(
  { management, telemetryPort }: TestDeployment,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<AsyncDisposable> {
  const server = createServer(answer).listen(telemetryPort, management);
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function fetchCache(
  { management, telemetryPort }: TestDeployment,
  from: string,
): Promise<{ status: number | undefined; text: string }> {
  const request = get({
    host: management,
    port: telemetryPort,
    path: '/cache',
    localAddress: from,
    agent: false,
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, text };
}

describe('warming the cache up', () => {
  const parts = { current: new AsyncDisposableStack() };
  let deployment: TestDeployment;
  let upstream: ScriptedUpstream;

  beforeEach(async () => {
    parts.current = new AsyncDisposableStack();
    await deploy(warmUp);
  });
  afterEach(() => parts.current.disposeAsync());

  async function deploy(keys: string): Promise<void> {
    deployment = testDeployment({ resolver: [keys], hasPeer: true });
    const [address] = deployment.upstreams;
    upstream = parts.current.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) => {
        const [question] = asked.questions;
        if (question)
          send(replyTo(asked, { answers: [{ ...a('x.', '192.0.2.1', 3600), name: question.name }] }));
      }),
    );
  }

  /** The resolver of the other PoP, which warms up. Its own upstream queries would be the first from its address. */
  async function openPeer() {
    return parts.current.use(await openTestResolver({ ...deployment, slice: deployment.peer.slice }));
  }

  it('a resolver that starts has what another one has, and asks nobody for it', async () => {
    parts.current.use(await openTestResolver(deployment));
    for (let index = 0; index < 500; index += 1)
      await ask(query(`host-${index}.test.`), { address: deployment.management, port: deployment.port });
    const asked = upstream.calls.length;
    const peer = await openPeer();
    assert.equal(peer.running.status.cache.entries, 500);
    assert.equal(peer.running.status.cacheActivity.loaded, 500);
    const { answers } = await ask(query('host-7.test.'), {
      address: deployment.peer.service,
      port: deployment.port,
    });
    assert.equal(answers.length, 1);
    assert.equal(upstream.calls.length, asked);
  });

  it('what a resolver has is for the PoPs of its deployment alone', async () => {
    parts.current.use(await openTestResolver(deployment));
    assert.equal((await fetchCache(deployment, deployment.client)).status, 403);
    assert.equal((await fetchCache(deployment, '127.0.0.1')).status, 403);
    const given = await fetchCache(deployment, deployment.peer.management);
    assert.equal(given.status, 200);
    assert.match(given.text, /^\{"format":"anycast-cache","version":1,"pop":"fra",.*\}\n\{"end":0\}\n$/);
  });

  it('the service address is not answered on before it is over, the management address is', async () => {
    const released = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    parts.current.use(
      await openPage(deployment, async (_request, response) => {
        reached.resolve();
        await released.promise;
        response.end();
      }),
    );
    const opening = openPeer();
    await reached.promise;
    const { peer, port } = deployment;
    assert.equal((await ask(query('www.test.'), { address: peer.management, port })).answers.length, 1);
    await assert.rejects(ask(query('www.test.'), { address: peer.service, port }));
    released.resolve();
    await opening;
    assert.equal((await ask(query('www.test.'), { address: peer.service, port })).answers.length, 1);
  });

  const troubles: readonly [claim: string, answer: (response: ServerResponse) => void][] = [
    ['says no', response => response.writeHead(403).end()],
    ['gives something else', response => response.end('<html>\n')],
    ['gives another version', response => response.end('{"format":"anycast-cache","version":2}\n')],
    ['ends in the middle', response => response.destroy()],
    ['sends one line without end', response => response.end('x'.repeat(1024 * 1024))],
  ];
  for (const [claim, answer] of troubles) {
    it(`the start goes on where the peer ${claim}`, async () => {
      parts.current.use(await openPage(deployment, (_request, response) => answer(response)));
      const peer = await openPeer();
      assert.equal(peer.running.status.cache.entries, 0);
    });
  }

  it('the start goes on where the peer is not there', async () => {
    assert.equal((await openPeer()).running.status.state, 'serving');
  });

  it('what has come when time is over is kept', async () => {
    parts.current.use(await openTestResolver(deployment));
    await ask(query('www.test.'), { address: deployment.management, port: deployment.port });
    const { text } = await fetchCache(deployment, deployment.peer.management);
    await parts.current.disposeAsync();
    parts.current = new AsyncDisposableStack();
    await deploy('cache: { warmUp: { from: any, within: 500ms } }');
    parts.current.use(
      await openPage(deployment, (_request, response) => {
        response.write(text.slice(0, text.lastIndexOf('{"end"')));
      }),
    );
    const peer = await openPeer();
    assert.equal(peer.running.status.cache.entries, 1);
  });

  it('a dump that is too large is broken off', async () => {
    await deploy('cache: { maxBytes: 65536, warmUp: { from: any, within: 5s } }');
    const header = JSON.stringify({ format: 'anycast-cache', version: 1, pop: 'fra', atMs: Date.now() });
    const line = JSON.stringify({ kind: 'denial', name: 'x.test.', ttl: 300, age: 0, proof: '' });
    let isCutOff = false;
    parts.current.use(
      await openPage(deployment, (_request, response) => {
        response.on('close', () => {
          isCutOff = !response.writableFinished;
        });
        response.write(`${header}\n${`${line}\n`.repeat(2000)}`);
      }),
    );
    await openPeer();
    await eventually(() => assert.ok(isCutOff));
  });
});
