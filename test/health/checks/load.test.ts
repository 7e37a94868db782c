import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadCheck } from '../../../src/health/checks/load.ts';
import type { Verdict } from '../../../src/health/health-check.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { type ControlServer, serveControl } from '../../../src/system/control-socket.ts';
import { eventually } from '../../support/eventually.ts';
import { complaintsOf, contextOf } from '../../support/probe-check.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Watch extends AsyncDisposable {
  readonly seen: Verdict[];
}

function watch(runDirectory: string, options: object): Watch {
  const end = new AbortController();
  const seen: Verdict[] = [];
  const parsed = loadCheck.options.parse(options);
  const context = { ...contextOf(), clock: systemClock, signal: end.signal, runDirectory };
  const running = (async () => {
    for await (const verdict of loadCheck.watch?.(parsed, context) ?? []) seen.push(verdict);
  })().catch(error => {
    if (!end.signal.aborted) throw error;
  });
  return {
    seen,
    async [Symbol.asyncDispose]() {
      end.abort(new Error('test is over'));
      await running;
    },
  };
}

interface Figures {
  readonly atMs: number;
  readonly lagMs?: number;
  readonly receiveDrops?: number;
  readonly shed?: number;
}

function beat(server: ControlServer, figures: Figures): void {
  server.push('heartbeat', { pid: 1, sequence: 0, lagMs: 0, receiveDrops: 0, shed: 0, ...figures });
}

/** A resolver whose clock the test turns, and a check that listens to it. The first heartbeat is heard. */
async function listening(options: object) {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const server = parts.use(await serveControl(`${folder.path}/resolver.sock`, {}));
  const watched = parts.use(watch(folder.path, { window: '10s', ...options }));
  // A heartbeat is heard by whoever is connected: this one is repeated, at the same time, until a window has ended by it.
  await eventually(() => {
    beat(server, { atMs: 0, receiveDrops: 1000, shed: 1000 });
    beat(server, { atMs: 10_000, receiveDrops: 1000, shed: 1000 });
    assert.ok(watched.seen.length > 0);
  });
  const before = watched.seen.length;
  const moved = parts.move();
  return {
    beat: (figures: Figures) => beat(server, { receiveDrops: 1000, shed: 1000, ...figures }),
    next: () =>
      eventually(() => {
        const verdict = watched.seen[before];
        assert.ok(verdict);
        return verdict;
      }),
    seen: () => watched.seen.length - before,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

describe('the load check', () => {
  it('is healthy with the figures of a window that keeps the limits', async () => {
    await using resolver = await listening({ maxLag: '100ms', maxDropsPerSecond: 1, maxShedPerSecond: 1 });
    resolver.beat({ atMs: 15_000, lagMs: 40 });
    resolver.beat({ atMs: 20_000, lagMs: 3, receiveDrops: 1005, shed: 1010 });
    assert.deepEqual(await resolver.next(), {
      kind: 'healthy',
      detail: 'event loop 40 ms late, 0.5 queries a second dropped, 1.0 a second shed',
    });
  });

  it('is unhealthy when the event loop was late once in a window', async () => {
    await using resolver = await listening({ maxLag: '100ms' });
    resolver.beat({ atMs: 15_000, lagMs: 300 });
    resolver.beat({ atMs: 20_000, lagMs: 1 });
    assert.deepEqual(await resolver.next(), {
      kind: 'unhealthy',
      reason: 'event loop 300 ms late, more than 100',
    });
  });

  it('is unhealthy when more queries are dropped or shed than allowed, by the time that the heartbeats carry', async () => {
    await using resolver = await listening({ maxDropsPerSecond: 10, maxShedPerSecond: 5 });
    // Three seconds over the window, as after a stall: the rate is over 20 s.
    resolver.beat({ atMs: 30_000, receiveDrops: 1400, shed: 1200 });
    assert.deepEqual(await resolver.next(), {
      kind: 'unhealthy',
      reason: '20.0 queries a second dropped, more than 10; 10.0 a second shed, more than 5',
    });
  });

  it('says nothing until a window is over', async () => {
    await using resolver = await listening({ maxLag: '100ms' });
    resolver.beat({ atMs: 19_999, lagMs: 5000 });
    resolver.beat({ atMs: 20_000 });
    assert.equal((await resolver.next()).kind, 'unhealthy');
    assert.equal(resolver.seen(), 1);
  });

  const last = (watched: Watch): string => {
    const verdict = watched.seen.at(-1);
    assert.equal(verdict?.kind, 'unknown');
    return verdict?.kind === 'unknown' ? verdict.reason : '';
  };

  it('could not ask while no resolver is there, or it is silent, or tells nothing of its load', async () => {
    await using folder = await temporaryFolder();
    await using watched = watch(folder.path, { window: '1s', maxLag: '100ms' });
    await eventually(() => assert.match(last(watched), /nobody listens/));
    await using server = await serveControl(`${folder.path}/resolver.sock`, {});
    await eventually(() => assert.match(last(watched), /no heartbeat/));
    server.push('heartbeat', { pid: 1, sequence: 1, clientQueries: 0 });
    await eventually(() => assert.match(last(watched), /tell nothing of its load/));
    await server[Symbol.asyncDispose]();
    await eventually(() =>
      assert.ok(watched.seen.some(each => each.kind === 'unknown' && /closed/.test(each.reason))),
    );
  });

  it('needs a limit, and a window in which something can be counted', () => {
    assert.deepEqual(complaintsOf(loadCheck, {}), [
      ': name at least one limit: maxLag, maxDropsPerSecond or maxShedPerSecond',
    ]);
    assert.equal(complaintsOf(loadCheck, { maxLag: '1s', window: '50ms' }).length, 1);
  });
});
