import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { livenessCheck } from '../../../src/health/checks/liveness.ts';
import type { Verdict } from '../../../src/health/health-check.ts';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import { type ControlServer, serveControl } from '../../../src/system/control-socket.ts';
import { holdLifeline } from '../../../src/system/lifeline.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { startBeating } from '../../support/start-beating.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Watch extends AsyncDisposable {
  readonly seen: Verdict[];
  last(): Verdict | undefined;
}

function watch(runDirectory: string, clock: Clock = systemClock): Watch {
  const end = new AbortController();
  const seen: Verdict[] = [];
  const verdicts = livenessCheck.watch?.(
    {},
    {
      clock,
      signal: end.signal,
      pop: 'fra',
      serviceAddresses: [],
      managementAddresses: [],
      servicePort: 53,
      timeoutMs: 150,
      runDirectory,
    },
  );
  const running = (async () => {
    for await (const verdict of verdicts ?? []) seen.push(verdict);
  })().catch(error => {
    if (!end.signal.aborted) throw error;
  });
  return {
    seen,
    last: () => seen.at(-1),
    async [Symbol.asyncDispose]() {
      end.abort(new Error('test is over'));
      await running;
    },
  };
}

const isHealthy = (watched: Watch) => () => assert.equal(watched.last()?.kind, 'healthy');
const isDown = (watched: Watch, reason: RegExp) => () => {
  const last = watched.last();
  assert.equal(last?.kind, 'unhealthy');
  assert.match(last?.kind === 'unhealthy' ? last.reason : '', reason);
  assert.equal(last?.kind === 'unhealthy' && last.immediate, true);
};

describe('liveness', () => {
  it('says at once that the process is gone when its lifeline ends, while its socket is still open', async () => {
    await using folder = await temporaryFolder();
    await using server = await serveControl(`${folder.path}/resolver.sock`, {});
    const lifeline = await holdLifeline(`${folder.path}/resolver.life`);
    lifeline.show();
    await using watched = watch(folder.path);
    await eventually(() => {
      server.push('heartbeat', { pid: process.pid, lifeline: true });
      assert.equal(watched.last()?.kind, 'healthy');
    });
    lifeline[Symbol.dispose]();
    await eventually(isDown(watched, /gone: its lifeline ended/));
  });

  it('says at once that nobody is there, and notices when somebody is', async () => {
    await using folder = await temporaryFolder();
    await using watched = watch(folder.path);
    await eventually(isDown(watched, /not running/));
    await using _resolver = await startBeating(folder.path);
    await eventually(isHealthy(watched));
  });

  it('says at once that a killed process is gone, and notices its successor', async () => {
    await using folder = await temporaryFolder();
    await using resolver = await startBeating(folder.path);
    await using watched = watch(folder.path);
    await eventually(isHealthy(watched));
    resolver.kill('SIGKILL');
    await eventually(() => {
      const first = watched.seen.find(verdict => verdict.kind === 'unhealthy');
      assert.deepEqual(first, {
        kind: 'unhealthy',
        reason: 'resolver process gone: its control socket closed',
        immediate: true,
      });
    });
    await using _successor = await startBeating(folder.path);
    await eventually(isHealthy(watched));
  });

  it('calls a stopped process frozen until it beats again', async () => {
    await using folder = await temporaryFolder();
    await using resolver = await startBeating(folder.path);
    await using watched = watch(folder.path);
    await eventually(isHealthy(watched));
    resolver.kill('SIGSTOP');
    await eventually(isDown(watched, /frozen: the process is stopped/));
    resolver.kill('SIGCONT');
    await eventually(isHealthy(watched));
  });

  it('is not healthy by a connection alone', async () => {
    await using folder = await temporaryFolder();
    await using _mute = await serveControl(`${folder.path}/resolver.sock`, {});
    await using watched = watch(folder.path);
    await eventually(isDown(watched, /frozen/));
    assert.equal(
      watched.seen.some(verdict => verdict.kind === 'healthy'),
      false,
    );
  });

  it('could not ask when the socket may not be opened', async () => {
    await using folder = await temporaryFolder();
    // A path longer than a socket address holds fails for a reason that says nothing of the resolver.
    await using watched = watch(`${folder.path}/${'x'.repeat(200)}`);
    await eventually(() => assert.equal(watched.last()?.kind, 'unknown'));
  });

  describe('with a silent resolver whose process is not to be seen', () => {
    const beat = (server: ControlServer) => server.push('heartbeat', { sequence: 1, clientQueries: 0 });

    it('believes the silence after 250 ms that it has lived itself, not sooner', async () => {
      await using folder = await temporaryFolder();
      await using server = await serveControl(`${folder.path}/resolver.sock`, {});
      const clock = fakeClock();
      await using watched = watch(folder.path, clock);
      await eventually(async () => {
        beat(server);
        await clock.advance(0);
        isHealthy(watched)();
      });
      const before = watched.seen.length;
      await clock.advance(225);
      assert.equal(
        watched.seen.slice(before).some(verdict => verdict.kind === 'unhealthy'),
        false,
      );
      await clock.advance(50);
      isDown(watched, /frozen, no heartbeat for/)();
    });

    it('does not mistake its own absence for the silence of the resolver', async () => {
      await using folder = await temporaryFolder();
      await using server = await serveControl(`${folder.path}/resolver.sock`, {});
      const real = fakeClock();
      let lostMs = 0;
      // Each look at the clock after a stall finds that seconds have passed.
      const stalling: Clock = { ...real, monotonicMs: () => real.monotonicMs() + lostMs };
      await using watched = watch(folder.path, stalling);
      await eventually(async () => {
        beat(server);
        await real.advance(0);
        isHealthy(watched)();
      });
      const before = watched.seen.length;
      for (let stall = 0; stall < 4; stall += 1) {
        lostMs += 5000;
        await real.advance(25);
      }
      assert.equal(
        watched.seen.slice(before).some(verdict => verdict.kind === 'unhealthy'),
        false,
      );
    });
  });
});
