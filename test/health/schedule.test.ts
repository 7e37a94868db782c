import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { CheckContext, HealthCheck, Verdict } from '../../src/health/health-check.ts';
import { type ScheduledCheck, verdicts } from '../../src/health/schedule.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';

type Probe = (context: CheckContext) => Promise<Verdict>;

const healthy: Verdict = { kind: 'healthy' };

function probing(probe: Probe): HealthCheck {
  return {
    kind: 'test',
    faultClass: 'local-soft',
    options: z.unknown(),
    probe: (_, context) => probe(context),
  };
}

interface Run {
  readonly clock: FakeClock;
  readonly seen: { readonly verdict: Verdict; readonly at: number }[];
  readonly ended: Promise<void>;
  stop(): void;
}

/** Runs a check on a clock that starts at 0: interval 1000, fast 100, timeout 50. */
function run(check: HealthCheck, more: Partial<ScheduledCheck> = {}): Run {
  const clock = fakeClock(0);
  const end = new AbortController();
  const seen: { verdict: Verdict; at: number }[] = [];
  const stream = verdicts({
    check,
    options: undefined,
    interval: 1000,
    fastInterval: 100,
    timeout: 50,
    isChanging: () => false,
    random: () => 0,
    context: {
      clock,
      signal: end.signal,
      pop: 'fra',
      serviceAddresses: [],
      managementAddresses: [],
      servicePort: 53,
      runDirectory: '/nowhere',
    },
    ...more,
  });
  const ended = (async () => {
    for await (const { verdict } of stream) seen.push({ verdict, at: clock.monotonicMs() });
  })();
  return { clock, seen, ended, stop: () => end.abort(new Error('enough')) };
}

/** A probe that ends after `ms`, whether aborted or not. */
const stubborn =
  (ms: number): Probe =>
  async ({ clock }) => {
    await clock.sleep(ms);
    return healthy;
  };

describe('a probed check', () => {
  it('is asked every interval, counted from start to start', async () => {
    const { clock, seen } = run(
      probing(async context => {
        await context.clock.sleep(30, context.signal);
        return healthy;
      }),
    );
    await clock.advance(2500);
    assert.deepEqual(
      seen.map(({ at }) => at),
      [30, 1030, 2030],
    );
  });

  it('is asked every fast interval while the state is changing', async () => {
    const { clock, seen } = run(
      probing(async () => healthy),
      { isChanging: () => true },
    );
    await clock.advance(350);
    assert.deepEqual(
      seen.map(({ at }) => at),
      [0, 100, 200, 300],
    );
  });

  it('first waits a random part of the fast interval', async () => {
    const { clock, seen } = run(
      probing(async () => healthy),
      { random: () => 0.5 },
    );
    await clock.advance(100);
    assert.deepEqual(
      seen.map(({ at }) => at),
      [50],
    );
  });

  it('has more time while the service waits for a processor, and not for ever', async () => {
    const starved = (share: number, ms: number): Run => {
      const clock = fakeClock(0);
      const pressedMs = (): number => clock.monotonicMs() * share;
      const { signal } = new AbortController();
      const context = { clock, signal, pressedMs, pop: 'fra', serviceAddresses: [], managementAddresses: [] };
      return {
        ...run(probing(stubborn(ms)), { context: { ...context, servicePort: 53, runDirectory: '/nowhere' } }),
        clock,
      };
    };
    for (const [share, ms, kind] of [
      [0, 80, 'unhealthy'],
      [0.5, 80, 'healthy'],
      [0.9, 450, 'healthy'],
      [0.9, 600, 'unhealthy'],
      [1, 1200, 'unhealthy'],
    ] as const) {
      const { clock, seen } = starved(share, ms);
      await clock.advance(1500);
      assert.equal(seen[0]?.verdict.kind, kind, `${share} of ${ms} ms`);
    }
  });

  it('counts as unhealthy when its time is over, and the loser is aborted', async () => {
    let aborted = false;
    const { clock, seen } = run(
      probing(async ({ clock: time, signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        await time.sleep(10_000, signal);
        return healthy;
      }),
    );
    await clock.advance(60);
    assert.equal(aborted, true);
    assert.deepEqual(seen, [{ verdict: { kind: 'unhealthy', reason: 'timeout' }, at: 50 }]);
  });

  it('may say with its last word what it was waiting for', async () => {
    const { clock, seen } = run(
      probing(
        ({ signal }) =>
          new Promise(resolve =>
            signal.addEventListener('abort', () =>
              resolve({ kind: 'unhealthy', reason: 'no answer over UDP' }),
            ),
          ),
      ),
    );
    await clock.advance(60);
    assert.deepEqual(
      seen.map(({ verdict }) => verdict),
      [{ kind: 'unhealthy', reason: 'no answer over UDP' }],
    );
  });

  it('cannot turn healthy by answering after its time', async () => {
    const { clock, seen } = run(probing(stubborn(55)));
    await clock.advance(100);
    assert.deepEqual(
      seen.map(({ verdict }) => verdict.kind),
      ['unhealthy'],
    );
  });

  it('never runs twice at once, however long a probe outlives its abort', async () => {
    let running = 0;
    let most = 0;
    const { clock, seen } = run(
      probing(async context => {
        running += 1;
        most = Math.max(most, running);
        await stubborn(3500)(context);
        running -= 1;
        return healthy;
      }),
    );
    await clock.advance(3000);
    assert.equal(most, 1);
    // One verdict at the timeout, then one each interval while nothing new can be asked.
    assert.deepEqual(
      seen.map(({ verdict, at }) => [verdict.kind, at]),
      [
        ['unhealthy', 60],
        ['unhealthy', 1060],
        ['unhealthy', 2060],
      ],
    );
    await clock.advance(10_000);
    assert.equal(most, 1);
  });

  it('is unknown when it throws, and goes on', async () => {
    const { clock, seen } = run(probing(() => Promise.reject(new Error('no descriptor'))));
    await clock.advance(1500);
    assert.deepEqual(
      seen.map(({ verdict }) => verdict),
      [
        { kind: 'unknown', reason: 'no descriptor' },
        { kind: 'unknown', reason: 'no descriptor' },
      ],
    );
  });

  it('ends without a throw when its signal aborts, in a pause and in a probe', async () => {
    const pausing = run(probing(async () => healthy));
    await pausing.clock.advance(10);
    pausing.stop();
    await pausing.ended;
    const asking = run(probing(stubborn(5)));
    await asking.clock.advance(2);
    asking.stop();
    await asking.ended;
    assert.equal(asking.seen.length, 0);
  });
});

describe('a watched check', () => {
  const watching = (watch: NonNullable<HealthCheck['watch']>): HealthCheck => ({
    kind: 'test',
    faultClass: 'local-hard',
    options: z.unknown(),
    watch,
  });

  it('passes its verdicts on, and is started again after it throws', async () => {
    let starts = 0;
    const { clock, seen } = run(
      watching(async function* () {
        starts += 1;
        yield healthy;
        throw new Error('lost it');
      }),
    );
    await clock.advance(150);
    assert.equal(starts, 2);
    assert.deepEqual(
      seen.map(({ verdict }) => verdict.kind),
      ['healthy', 'unknown', 'healthy', 'unknown'],
    );
  });

  it('ends without a throw when its signal aborts', async () => {
    const { clock, ended, stop } = run(
      watching(async function* (_options, context) {
        await context.clock.sleep(1_000_000, context.signal);
        yield healthy;
      }),
    );
    await clock.advance(10);
    stop();
    await ended;
  });
});
