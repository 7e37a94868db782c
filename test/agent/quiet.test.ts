import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { untilQuiet } from '../../src/agent/quiet.ts';
import { systemClock } from '../../src/system/clock.ts';
import { beatingResolver } from '../support/beating-resolver.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const wait = (folder: string, quietMs: number, timeoutMs: number, until = signal) =>
  untilQuiet(`${folder}/resolver.sock`, { quietMs, timeoutMs }, { clock: systemClock, signal: until });

describe('waiting for quiet', () => {
  it('ends when the counter has stood still for long enough, and counts what came before', async () => {
    await using folder = await temporaryFolder();
    await using resolver = await beatingResolver(folder.path);
    const waiting = wait(folder.path, 300, 5000);
    for (let query = 0; query < 4; query += 1) {
      await systemClock.sleep(60);
      resolver.clientQueries += 1;
    }
    const quiet = await waiting;
    assert.equal(quiet.outcome, 'quiet');
    // The first heartbeat heard may already hold the first query.
    assert.ok(quiet.queries >= 3 && quiet.queries <= 4, `${quiet.queries} queries`);
  });

  it('goes on after the timeout although queries still come', async () => {
    await using folder = await temporaryFolder();
    await using resolver = await beatingResolver(folder.path);
    const coming = setInterval(() => {
      resolver.clientQueries += 1;
    }, 20);
    try {
      assert.equal((await wait(folder.path, 300, 500)).outcome, 'busy');
    } finally {
      clearInterval(coming);
    }
  });

  it('has nothing to wait for when no resolver runs, or when it ends', async () => {
    await using folder = await temporaryFolder();
    assert.deepEqual(await wait(folder.path, 300, 5000), { outcome: 'not-running', queries: 0 });
    const resolver = await beatingResolver(folder.path);
    const waiting = wait(folder.path, 60_000, 60_000);
    await systemClock.sleep(100);
    await resolver[Symbol.asyncDispose]();
    assert.equal((await waiting).outcome, 'not-running');
  });

  it('ends with the reason of its signal', async () => {
    await using folder = await temporaryFolder();
    await using _resolver = await beatingResolver(folder.path);
    const end = new AbortController();
    const waiting = wait(folder.path, 60_000, 60_000, end.signal);
    const reason = new Error('undrained');
    end.abort(reason);
    await assert.rejects(waiting, reason);
  });
});
