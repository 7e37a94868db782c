import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { Counter, Registry } from 'prom-client';
import { parseIpAddress } from '../../src/ip/address.ts';
import { serveMetrics } from '../../src/telemetry/metrics-server.ts';

const loopback = parseIpAddress('127.0.0.1');
assert.ok(loopback);

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

describe('the metrics page', () => {
  const registry = new Registry();
  new Counter({ name: 'anycast_agent_rounds_total', help: 'rounds', registers: [registry] }).inc(3);
  const page = { addresses: [loopback], registry, status: () => ({ pop: 'fra' }) };

  it('serves /metrics in Prometheus text and /status as JSON', async () => {
    const port = await freePort();
    await using _server = await serveMetrics({ ...page, port });
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    assert.match(await metrics.text(), /^anycast_agent_rounds_total 3$/m);
    assert.match(metrics.headers.get('content-type') ?? '', /text\/plain/);
    const status = await fetch(`http://127.0.0.1:${port}/status`);
    assert.deepEqual(await status.json(), { pop: 'fra' });
  });

  it('refuses every other method and path', async () => {
    const port = await freePort();
    await using _server = await serveMetrics({ ...page, port });
    assert.equal((await fetch(`http://127.0.0.1:${port}/status`, { method: 'POST' })).status, 405);
    assert.equal((await fetch(`http://127.0.0.1:${port}/drain`)).status, 404);
  });

  it('says which address and port it cannot have', async () => {
    const port = await freePort();
    await using _server = await serveMetrics({ ...page, port });
    await assert.rejects(serveMetrics({ ...page, port }), {
      code: 'environment',
      message: /127\.0\.0\.1 port/,
    });
  });
});
