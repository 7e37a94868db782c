import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lookAtProcessor, type ProcessorLook, ProcessorWait } from '../../src/system/processor-wait.ts';
import { fakeClock } from '../support/fake-clock.ts';

describe('the wait of a process for a processor', () => {
  it('is read from the kernel, and not known of a process that is not there', () => {
    const look = lookAtProcessor(process.pid);
    assert.ok(look);
    assert.equal(look.isReady, true);
    assert.ok(look.turns > 0 && look.ranNs > 0 && look.waitedNs >= 0);
    assert.equal(lookAtProcessor(2 ** 22 + 1), undefined);
  });

  it('is what the kernel has counted, and what lasts still', async () => {
    const clock = fakeClock();
    let look: ProcessorLook | undefined = { ranNs: 5e6, waitedNs: 3e6, turns: 7, isReady: true };
    const wait = new ProcessorWait(() => look, clock);
    assert.equal(wait.waitedMs(), 3);
    // Ready to run, and no turn since: it waits.
    await clock.advance(40);
    assert.equal(wait.waitedMs(), 43);
    // Its turn has come, and the kernel has counted that wait.
    look = { ranNs: 6e6, waitedNs: 45e6, turns: 8, isReady: true };
    await clock.advance(10);
    assert.equal(wait.waitedMs(), 45);
    look = undefined;
    assert.equal(wait.waitedMs(), 0);
  });

  it('is not counted while it computes, sleeps or is stopped', async () => {
    const clock = fakeClock();
    let look: ProcessorLook = { ranNs: 5e6, waitedNs: 3e6, turns: 7, isReady: true };
    const wait = new ProcessorWait(() => look, clock);
    wait.waitedMs();
    await clock.advance(40);
    look = { ...look, ranNs: 45e6 };
    assert.equal(wait.waitedMs(), 3);
    look = { ...look, isReady: false };
    await clock.advance(40);
    assert.equal(wait.waitedMs(), 3);
  });
});
