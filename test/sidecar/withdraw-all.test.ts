import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type WithdrawalStep, withdrawAll } from '../../src/sidecar/withdraw-all.ts';
import { soon, v4, v6 } from '../contract/route-driver.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { troubledRoutes } from '../support/troubled-routes.ts';

/** A router that exports both service addresses, and a withdrawal that is told to begin. */
async function stage({ watch = true, fallback = [] as string[] } = {}) {
  const clock = fakeClock();
  const routes = troubledRoutes();
  await routes.apply([v4, v6], soon());
  const steps: WithdrawalStep[] = [];
  const stop = new AbortController();
  const parts = {
    driver: routes,
    fallback: new Set(fallback),
    clock,
    watch,
    onStep: (step: WithdrawalStep) => void steps.push(step),
  };
  const exported = async () => [...(await routes.observe(soon())).exported.keys()];
  const begin = () => withdrawAll(parts, stop.signal);
  return { clock, routes, steps, stop, exported, begin, kinds: () => steps.map(({ kind }) => kind) };
}

describe('withdrawing all', () => {
  it('ends when the routes are seen to be gone, if nobody shall watch', async () => {
    const s = await stage({ watch: false });
    await s.begin();
    assert.deepEqual(s.kinds(), ['seen']);
    assert.deepEqual(await s.exported(), []);
  });

  it('does not wait for the fallback to go', async () => {
    const s = await stage({ watch: false, fallback: [v6.prefix.text] });
    const driver = { ...s.routes, apply: (_: unknown, signal: AbortSignal) => s.routes.apply([v6], signal) };
    const steps: WithdrawalStep[] = [];
    const parts = { driver, fallback: new Set([v6.prefix.text]), clock: s.clock, watch: false };
    await withdrawAll({ ...parts, onStep: step => void steps.push(step) }, soon());
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ['seen'],
    );
  });

  it('tries again with a growing pause, for as long as the router refuses', async () => {
    const s = await stage();
    s.routes.refusals = 8;
    const done = s.begin();
    await s.clock.advance(30_000);
    const pauses = s.steps.flatMap(step => (step.kind === 'failed' ? [step.retryMs] : []));
    assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    assert.equal(s.steps[0]?.kind === 'failed' && s.steps[0].code, 'refused');
    assert.equal(s.kinds().at(-1), 'seen');
    s.stop.abort();
    await done;
  });

  it('gives a router that does not answer up after a time, and asks anew', async () => {
    const s = await stage();
    s.routes.hanging = true;
    const done = s.begin();
    await s.clock.advance(1999);
    assert.deepEqual(s.kinds(), []);
    s.routes.hanging = false;
    await s.clock.advance(200);
    assert.deepEqual(s.kinds(), ['failed', 'seen']);
    s.stop.abort();
    await done;
  });

  it('applies again what was accepted and does not show', async () => {
    const s = await stage();
    const stubborn = { ...s.routes };
    let ignored = 1;
    stubborn.apply = async (desired, signal) => {
      if (ignored > 0) ignored -= 1;
      else await s.routes.apply(desired, signal);
    };
    const steps: WithdrawalStep[] = [];
    const parts = { driver: stubborn, fallback: new Set<string>(), clock: s.clock, watch: false };
    const done = withdrawAll({ ...parts, onStep: step => void steps.push(step) }, soon());
    await s.clock.advance(10_000);
    await done;
    assert.deepEqual(steps[0], {
      kind: 'not-seen',
      exported: [v4.prefix.text, v6.prefix.text],
      retryMs: 100,
    });
    assert.equal(steps.at(-1)?.kind, 'seen');
  });

  it('withdraws what comes back while it watches', async () => {
    const s = await stage();
    const done = s.begin();
    await s.clock.advance(1000);
    await s.routes.apply([v4], soon());
    await s.clock.advance(300);
    assert.deepEqual(s.kinds(), ['seen', 'came-back', 'seen']);
    assert.deepEqual(await s.exported(), []);
    s.stop.abort();
    await done;
  });

  it('has no call under way any more when it has been stopped, wherever that found it', async () => {
    for (const stopAfterMs of [0, 50, 1000, 2500]) {
      const s = await stage();
      s.routes.hanging = stopAfterMs === 50;
      const done = s.begin();
      await s.clock.advance(stopAfterMs);
      s.stop.abort(new Error('the agent is back'));
      await done;
      s.routes.hanging = false;
      // The driver refuses two calls at once.
      await s.routes.apply([v4], soon());
      await s.clock.advance(10_000);
      assert.deepEqual(await s.exported(), [v4.prefix.text]);
    }
  });
});
