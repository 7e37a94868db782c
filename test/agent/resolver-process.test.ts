import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { ResolverProcess } from '../../src/agent/resolver-process.ts';
import { systemClock } from '../../src/system/clock.ts';
import { lookAtProcessor } from '../../src/system/processor-pressure.ts';
import { eventually } from '../support/eventually.ts';
import { startBeating } from '../support/start-beating.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the resolver as a process', () => {
  it('is known by its heartbeats, found again after a restart, and owed nothing while it is gone', async () => {
    await using folder = await temporaryFolder();
    await using process = new ResolverProcess(folder.path, systemClock);
    assert.equal(process.pressedMs(), 0);
    for (let life = 0; life < 2; life += 1) {
      await using resolver = await startBeating(folder.path);
      const pid = resolver.pid ?? 0;
      // A program that starts waits a little for a processor, on any machine; the kernel counts in nanoseconds.
      await eventually(() => assert.ok(process.pressedMs() > 0), { within: 5000 });
      const least = (lookAtProcessor(pid)?.waitedNs ?? Number.NaN) / 1e6;
      assert.ok(process.pressedMs() >= least);
      resolver.kill('SIGKILL');
      await once(resolver, 'exit');
      await eventually(() => assert.equal(process.pressedMs(), 0), { within: 5000 });
    }
  });
});
