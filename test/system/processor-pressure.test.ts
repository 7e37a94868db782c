import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  lookAtProcessor,
  type ProcessorLook,
  ProcessorPressure,
} from '../../src/system/processor-pressure.ts';
import { fakeClock } from '../support/fake-clock.ts';

describe('the pressure on a process', () => {
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
    const pressure = new ProcessorPressure(() => look, clock);
    assert.equal(pressure.pressedMs(), 3);
    // Ready to run, and no turn since: it waits.
    await clock.advance(40);
    assert.equal(pressure.pressedMs(), 43);
    // Its turn has come, and the kernel has counted that wait.
    look = { ranNs: 6e6, waitedNs: 45e6, turns: 8, isReady: true };
    await clock.advance(10);
    assert.equal(pressure.pressedMs(), 45);
    look = undefined;
    assert.equal(pressure.pressedMs(), 0);
  });

  it('is all of a span in which it computed or waited, without a pause', async () => {
    const clock = fakeClock();
    let look: ProcessorLook = { ranNs: 5e6, waitedNs: 3e6, turns: 7, isReady: true };
    const pressure = new ProcessorPressure(() => look, clock);
    assert.equal(pressure.pressedMs(), 3);
    await clock.advance(40);
    look = { ranNs: 32e6, waitedNs: 15e6, turns: 9, isReady: true };
    assert.equal(pressure.pressedMs(), 43);
    // The kernel had not counted the last of it yet.
    await clock.advance(40);
    look = { ...look, ranNs: 68e6 };
    assert.equal(pressure.pressedMs(), 83);
  });

  it('is not counted while it computes with pauses, sleeps or is stopped', async () => {
    const clock = fakeClock();
    let look: ProcessorLook = { ranNs: 5e6, waitedNs: 3e6, turns: 7, isReady: true };
    const pressure = new ProcessorPressure(() => look, clock);
    pressure.pressedMs();
    await clock.advance(40);
    look = { ...look, ranNs: 35e6, turns: 12 };
    assert.equal(pressure.pressedMs(), 3);
    look = { ...look, isReady: false };
    await clock.advance(40);
    assert.equal(pressure.pressedMs(), 3);
  });

  it('is not judged by a moment in which it happened to compute', async () => {
    const clock = fakeClock();
    let look: ProcessorLook = { ranNs: 5e6, waitedNs: 3e6, turns: 7, isReady: true };
    const pressure = new ProcessorPressure(() => look, clock);
    pressure.pressedMs();
    for (let step = 0; step < 4; step += 1) {
      await clock.advance(15);
      // At work in every second of them, all of the time.
      if (step % 2 === 0) look = { ...look, ranNs: look.ranNs + 15e6, turns: look.turns + 1 };
      else look = { ...look, isReady: step % 2 === 0 };
      pressure.pressedMs();
      look = { ...look, isReady: true, turns: look.turns + 1 };
    }
    assert.equal(pressure.pressedMs(), 3);
  });
});
