import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { lossesOf } from '../../../src/lab/prober/analysis.ts';
import { type ProbeOptions, probe } from '../../../src/lab/prober/prober.ts';
import type { Sample } from '../../../src/lab/prober/sample.ts';
import { systemClock } from '../../../src/system/clock.ts';

async function samplesOf(options: Partial<ProbeOptions>): Promise<Sample[]> {
  const samples: Sample[] = [];
  const loopback = parseIpAddress('127.0.0.1');
  assert.ok(loopback);
  const all = {
    targets: [loopback],
    rate: () => 200,
    durationMs: 100,
    patienceMs: 100,
    zone: 'probe.test',
    port: 53,
  };
  await probe(
    { ...all, ...options },
    { signal: AbortSignal.timeout(5000), clock: systemClock, onSample: sample => samples.push(sample) },
  );
  return samples;
}

/** A port of the loopback on which somebody listens and says nothing. */
async function silentPort(): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => void socket.close() };
}

describe('a prober', () => {
  it('tells a target that refuses from one that is silent', async () => {
    const { port, close } = await silentPort();
    const ignored = lossesOf(await samplesOf({ port }));
    close();
    const refused = lossesOf(await samplesOf({ port }));
    assert.deepEqual(ignored, { lost: 20, errors: 0, refused: 0, silent: 20 });
    // A socket that sent two queries at once hears of one error.
    assert.ok(refused.refused > 0, JSON.stringify(refused));
    assert.deepEqual([refused.lost, refused.errors, refused.refused + refused.silent], [20, 0, 20]);
  });
});
