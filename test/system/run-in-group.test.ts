import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/system/clock.ts';
import { type GroupResult, runInGroup } from '../../src/system/run-in-group.ts';
import { eventually } from '../support/eventually.ts';

const never = new AbortController().signal;

const sh = (script: string, signal = never): Promise<GroupResult> =>
  runInGroup(['sh', '-c', script], { signal, clock: systemClock, keepOctets: 64 });

/** A process that is gone, or a zombie that waits for the first process of the machine. */
function isGone(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] === 'Z';
  } catch {
    return true;
  }
}

const eventuallyGone = (pid: number): Promise<void> =>
  eventually(() => assert.ok(isGone(pid), `process ${pid} is gone`));

describe('a program in a group of its own', () => {
  it('gives its exit code and the first octets that it prints, however much it prints', async () => {
    const { end, stdout, stderr } = await sh('head -c 1000000 /dev/zero | tr "\\0" x; echo oops >&2; exit 7');
    assert.deepEqual(end, { kind: 'exited', code: 7 });
    assert.equal(stdout, 'x'.repeat(64));
    assert.equal(stderr, 'oops\n');
  });

  it('finds its standard input at its end', async () => {
    assert.equal((await sh('cat; echo read all')).stdout, 'read all\n');
  });

  it('is ended with its children, and reaped, when the signal aborts', async () => {
    const { end, stdout } = await sh('sleep 600 & echo $$ $!; wait', AbortSignal.timeout(300));
    assert.deepEqual(end, { kind: 'aborted' });
    const [leader = 0, child = 0] = stdout.trim().split(' ').map(Number);
    assert.ok(leader > 1 && child > 1, stdout);
    assert.equal(existsSync(`/proc/${leader}`), false, 'the program itself is reaped');
    await eventuallyGone(child);
  });

  it('is ended even when it ignores every other signal', async () => {
    const { end } = await sh('trap "" TERM INT HUP; while :; do sleep 1; done', AbortSignal.timeout(200));
    assert.deepEqual(end, { kind: 'aborted' });
  });

  it('leaves no child behind when it ends by itself, and does not wait for one that holds its output', async () => {
    const { end, stdout } = await sh('sleep 600 & echo $!');
    assert.deepEqual(end, { kind: 'exited', code: 0 });
    await eventuallyGone(Number(stdout));
  });

  it('is not waited for by a child that made a session of its own and holds its output', async () => {
    // The child sleeps for seconds only: nobody can end it but itself.
    const started = performance.now();
    const { end } = await sh('setsid sleep 3 & exit 0');
    assert.deepEqual(end, { kind: 'exited', code: 0 });
    assert.ok(performance.now() - started < 3000);
  });

  it('is not even started when the signal has aborted', async () => {
    assert.deepEqual((await sh('echo started', AbortSignal.abort())).end, { kind: 'aborted' });
  });

  it('says why it cannot be started', async () => {
    const options = { signal: never, clock: systemClock, keepOctets: 64 };
    const { end } = await runInGroup(['/nonexistent/program'], options);
    assert.match(end.kind === 'not-started' ? end.reason : '', /ENOENT/);
    const withNul = await runInGroup(['true', 'a\0b'], options);
    assert.equal(withNul.end.kind, 'not-started');
  });
});
