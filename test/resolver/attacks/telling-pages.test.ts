/** What the metrics page tells (CVE-2026-40011, CVE-2026-0396): numbers, by labels that no client chooses. */
import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { a } from '../messages.ts';
import { openUpstream, replyTo } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { openTestResolver, type TestResolver } from '../test-resolver.ts';

describe('the metrics page', () => {
  const parts = new AsyncDisposableStack();
  let deployment: TestDeployment;
  let resolver: TestResolver;
  before(async () => {
    deployment = testDeployment();
    const [address] = deployment.upstreams;
    parts.use(
      await openUpstream(address, deployment.upstreamPort, ({ query, send }) => {
        const [asked] = query.questions;
        if (asked) send(replyTo(query, { answers: [{ ...a('x.', '198.51.100.1'), name: asked.name }] }));
      }),
    );
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  const page = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${deployment.management}:${deployment.telemetryPort}${path}`, init);

  it('has nothing on it of what clients asked, whatever they asked', async () => {
    const hostile = [
      String.raw`"}\010anycast\095forged\0951.injected.test.`,
      '<script>alert-injected</script>.test.',
      'injected.test.',
    ];
    for (const text of hostile) assert.equal((await resolver.dig(text, 'A')).status, 'NOERROR', text);
    const before = (await (await page('/metrics')).text()).split('\n').length;
    for (const path of ['/metrics', '/status'])
      assert.doesNotMatch(await (await page(path)).text(), /injected|forged/i);
    for (let index = 0; index < 50; index += 1) await resolver.dig(`injected${index}.test.`, 'A');
    assert.equal((await (await page('/metrics')).text()).split('\n').length, before);
  });

  it('is for no other site’s scripts, takes nothing, and has no other pages', async () => {
    const metrics = await page('/metrics', { headers: { origin: 'https://attacker.example' } });
    assert.equal(metrics.headers.get('access-control-allow-origin'), null);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      assert.equal((await page('/metrics', { method, body: method === 'OPTIONS' ? null : 'x' })).status, 405);
    for (const path of ['/', '/metrics/', '/metrics?x', '/__proto__', '/constructor'])
      assert.equal((await page(path)).status, 404, path);
  });

  it('reads no more of a request than a request is', async () => {
    const socket = createConnection({ host: deployment.management, port: deployment.telemetryPort });
    socket.on('error', () => undefined);
    socket.write(`GET /metrics HTTP/1.1\r\nhost: x\r\nx-filler: ${'x'.repeat(100_000)}\r\n\r\n`);
    let text = '';
    socket.on('data', chunk => {
      text += chunk;
    });
    await new Promise(resolve => socket.once('close', resolve));
    // Closed with octets unread, it may be reset before the refusal is read.
    assert.match(text, /^(HTTP\/1\.1 431 |$)/);
  });
});
