import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { processState } from '../../src/system/process-state.ts';
import { eventually } from '../support/eventually.ts';

describe('the state of a process', () => {
  it('is idle, stopped, idle again, and not known once it is gone', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
    const exited = once(child, 'exit');
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    try {
      await eventually(() => assert.equal(processState(pid), 'idle'));
      child.kill('SIGSTOP');
      await eventually(() => assert.equal(processState(pid), 'stopped'));
      child.kill('SIGCONT');
      await eventually(() => assert.equal(processState(pid), 'idle'));
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
    assert.equal(processState(pid), undefined);
  });

  it('is busy while it computes', () => {
    assert.equal(processState(process.pid), 'busy');
  });
});
