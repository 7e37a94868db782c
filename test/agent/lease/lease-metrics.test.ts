import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { leaseMetrics } from '../../../src/agent/lease/lease-metrics.ts';

describe('the metrics of the lease', () => {
  it('show its state, and count lapses by what became of the routes', async () => {
    const registry = new Registry();
    const onEvent = leaseMetrics(registry);
    assert.match(await registry.metrics(), /lease_state\{state="lost"\} 1/);
    onEvent({ kind: 'lease', state: 'held', detail: 'renewed' });
    onEvent({ kind: 'lease-lapsed', routes: 'withdraw', detail: 'withdrawn' });
    onEvent({ kind: 'drift' });
    const text = await registry.metrics();
    for (const line of [
      /lease_state\{state="held"\} 1/,
      /lease_state\{state="lost"\} 0/,
      /lease_lapses_total\{routes="withdraw"\} 1/,
      /lease_lapses_total\{routes="hold"\} 0/,
    ])
      assert.match(text, line);
  });
});
