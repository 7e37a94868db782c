/** The agent's side of the lease, against the sidecar's side over a real socket. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { LeaseEvent } from '../../../src/agent/lease/lease-event.ts';
import { LeaseKeeper, type LeaseKeeperParts } from '../../../src/agent/lease/lease-keeper.ts';
import type { ExportedRoute } from '../../../src/routing/route-driver.ts';
import { LeaseGuard } from '../../../src/sidecar/lease-guard.ts';
import { withdrawAll } from '../../../src/sidecar/withdraw-all.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { askControl, serveControl } from '../../../src/system/control-socket.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { jumpingClock } from '../../support/jumping-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type TroubledRoutes, troubledRoutes } from '../../support/troubled-routes.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let lives = 0;

/** The sidecar's guard at its socket, with a router that is kept in memory. */
async function sidecar(durationMs: number, onAgentLoss: 'withdraw' | 'hold' = 'withdraw') {
  const routes = troubledRoutes();
  const guard = new LeaseGuard({
    pop: 'fra',
    terms: { durationMs, onAgentLoss },
    clock: systemClock,
    log: createLog('sidecar', 'fra', 'silent'),
    routerPid: () => 4711,
    withdraw: (options, signal) =>
      withdrawAll({ ...options, driver: routes, fallback: new Set(), clock: systemClock }, signal),
  });
  const server = await serveControl(`${folder.path}/sidecar.sock`, guard.handlers());
  return {
    routes,
    status: async () =>
      (await askControl(`${folder.path}/sidecar.sock`, 'status')) as Readonly<Record<string, unknown>>,
    async [Symbol.asyncDispose]() {
      await guard[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function keeper(more: Partial<LeaseKeeperParts> = {}) {
  const events: LeaseEvent[] = [];
  const heard: string[] = [];
  lives += 1;
  const lease = new LeaseKeeper({
    pop: 'fra',
    runDirectory: folder.path,
    durationMs: 3000,
    agent: `agent-${lives}`,
    clock: systemClock,
    record: event => void events.push(event),
    onLapsed: routes => void heard.push(`lapsed ${routes}`),
    onFreshSidecar: () => void heard.push('fresh'),
    onChange: state => void heard.push(state),
    ...more,
  });
  return Object.assign(lease, { events, heard });
}

const exportedOf = async (routes: TroubledRoutes) => [...(await routes.observe(soon())).exported.keys()];

/** An observation made at this moment, of a router that exports the announcement. */
function seeing(...announcements: readonly (typeof v4)[]) {
  const routes = announcements.map(({ prefix, ...rest }): [string, readonly ExportedRoute[]] => [
    prefix.text,
    [{ neighbour: 'isp-eu', ...rest }],
  ]);
  return {
    atMonotonicMs: systemClock.monotonicMs(),
    observation: { exported: new Map(routes), sessions: [] },
  };
}

describe('a lease keeper', () => {
  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => await folder[Symbol.asyncDispose]());

  it('holds the lease before anything may be announced, and for as long as it renews', async () => {
    await using other = await sidecar(1000);
    await using lease = keeper();
    assert.equal(lease.isHeld(), false);
    assert.equal(lease.mayApply([v4]), false);
    await lease.held(soon());
    assert.equal(lease.mayApply([v4]), true);
    // More than twice as long as one renewal lasts.
    await systemClock.sleep(2500);
    assert.partialDeepStrictEqual(await other.status(), { lease: 'held', term: 0, agentPid: process.pid });
    assert.deepEqual(lease.heard, ['held']);
  });

  it('goes without where nobody serves the socket, says so once, and claims the lease of a sidecar that comes', async () => {
    await using lease = keeper();
    await lease.held(soon());
    assert.equal(lease.isHeld(), false);
    assert.equal(lease.mayApply([v4]), true);
    assert.deepEqual(
      lease.events.map(event => event.kind === 'lease' && event.state),
      ['no-sidecar'],
    );
    await using other = await sidecar(3000);
    await eventually(() => assert.deepEqual(lease.heard, ['no-sidecar', 'fresh', 'held']));
    assert.equal((await other.status()).lease, 'held');
  });

  it('without an answer may withdraw, wholly or in part, and announce nothing new', async () => {
    // As a frozen sidecar: the kernel accepts the connection, and nobody reads.
    const deaf: Socket[] = [];
    const silent = createServer(socket => void deaf.push(socket.pause()));
    await new Promise<void>(resolve => silent.listen(`${folder.path}/sidecar.sock`, resolve));
    try {
      await using lease = keeper({ durationMs: 500 });
      await eventually(() => assert.equal(lease.report().detail, 'the sidecar does not answer'));
      assert.equal(lease.report().state, 'lost');
      assert.equal(lease.mayApply([]), true);
      assert.equal(lease.mayApply([v4], seeing(v4, v6)), true);
      assert.equal(lease.mayApply([v4, v6], seeing(v4)), false);
      assert.equal(lease.mayApply([v4]), false);
    } finally {
      for (const socket of deaf) socket.destroy();
      await new Promise(resolve => silent.close(resolve));
    }
  });

  it('that was away finds its lease over at once, and may not go by what it saw before', async () => {
    await using _other = await sidecar(10_000);
    const clock = jumpingClock();
    await using lease = keeper({ clock });
    await lease.held(soon());
    const before = seeing(v4, v6);
    clock.jump(10_000);
    assert.equal(lease.isHeld(), false);
    assert.equal(lease.report().state, 'lost');
    assert.equal(lease.mayApply([v4], before), false);
    assert.equal(lease.mayApply([]), true);
    await lease.held(soon());
    assert.equal(lease.isHeld(), true);
    // The sidecar lived on and has done nothing.
    assert.deepEqual(lease.heard, ['held', 'lost', 'held']);
  });

  it('hears of a lapse before it holds the lease again, and once', async () => {
    await using other = await sidecar(1000);
    await other.routes.apply([v4, v6], soon());
    {
      await using lease = keeper();
      await lease.held(soon());
    }
    await eventually(async () => assert.equal((await other.status()).withdrawal, 'seen'));
    assert.deepEqual(await exportedOf(other.routes), []);
    let heldWhenTold: boolean | undefined;
    const lapses: string[] = [];
    await using lease: LeaseKeeper = keeper({
      onLapsed: routes => {
        lapses.push(routes);
        heldWhenTold = lease.mayApply([v4]);
      },
    });
    await lease.held(soon());
    assert.equal(heldWhenTold, false);
    await systemClock.sleep(1200);
    assert.deepEqual(lapses, ['withdraw']);
    assert.equal(lease.report().lapses, 1);
  });

  it('is told again of a lapse whose consequences could not be drawn', async () => {
    await using other = await sidecar(1000);
    {
      await using lease = keeper();
      await lease.held(soon());
    }
    await eventually(async () => assert.equal((await other.status()).lease, 'taken'));
    let told = 0;
    await using lease = keeper({
      onLapsed: () => {
        told += 1;
        if (told === 1) throw new Error('not now');
      },
    });
    await lease.held(soon());
    assert.equal(told, 2);
  });

  it('gets the routes only when the sidecar has none of its own calls under way', async () => {
    await using other = await sidecar(1000);
    {
      await using lease = keeper();
      await lease.held(soon());
    }
    other.routes.hanging = true;
    await eventually(async () => assert.equal((await other.status()).withdrawal, 'under-way'));
    await using lease = keeper();
    await lease.held(soon());
    other.routes.hanging = false;
    // The driver refuses two calls at once.
    await other.routes.apply([v4], soon());
    assert.deepEqual(await exportedOf(other.routes), [v4.prefix.text]);
  });

  it('leaves the lease to a successor, which hears of no lapse', async () => {
    await using other = await sidecar(10_000);
    {
      await using lease = keeper();
      await lease.held(soon());
    }
    await eventually(async () => assert.equal((await other.status()).agentGone, true));
    await using successor = keeper();
    await successor.held(soon());
    assert.deepEqual(successor.heard, ['held']);
    assert.equal((await other.status()).term, 0);
  });

  it('released with `withdraw` leaves the withdrawal to the sidecar, also where losses are held', async () => {
    await using other = await sidecar(10_000, 'hold');
    await using lease = keeper();
    await lease.held(soon());
    await other.routes.apply([v4], soon());
    other.routes.refusals = 2;
    await lease.release('withdraw');
    assert.equal(lease.mayApply([v4]), false);
    await eventually(async () =>
      assert.partialDeepStrictEqual(await other.status(), {
        lease: 'taken',
        cause: 'released',
        withdrawal: 'seen',
        lapses: 0,
        withdrawalFailures: 2,
      }),
    );
    assert.deepEqual(await exportedOf(other.routes), []);
  });

  it('released with `keep` leaves the routes until the lease runs out', async () => {
    await using other = await sidecar(1000);
    await using lease = keeper();
    await lease.held(soon());
    await other.routes.apply([v4], soon());
    await lease.release('keep');
    assert.partialDeepStrictEqual(await other.status(), { lease: 'held', agentGone: true });
    assert.deepEqual(await exportedOf(other.routes), [v4.prefix.text]);
    await eventually(async () => assert.equal((await other.status()).withdrawal, 'seen'));
    assert.deepEqual(await exportedOf(other.routes), []);
  });

  it("at another PoP's sidecar, or beside a living agent, holds nothing and says why", async () => {
    await using _other = await sidecar(3000);
    await using first = keeper();
    await first.held(soon());
    await using stranger = keeper({ pop: 'nyc' });
    await using second = keeper();
    await stranger.firstAnswer(soon());
    await second.firstAnswer(soon());
    assert.match(stranger.report().detail, /this is the sidecar of fra, not of nyc/);
    assert.match(second.report().detail, /another agent of fra holds the lease: pid \d+/);
    for (const each of [stranger, second]) assert.equal(each.mayApply([v4]), false);
  });

  it('gives up waiting with its signal', async () => {
    await using _other = await sidecar(3000);
    await using lease = keeper({ pop: 'nyc' });
    await assert.rejects(lease.held(AbortSignal.timeout(200)), { name: 'TimeoutError' });
  });

  it('refuses what is no lease request, and what is no answer', async () => {
    const path = `${folder.path}/sidecar.sock`;
    {
      await using _other = await sidecar(3000);
      const proper = { pop: 'fra', agent: 'a', pid: 1 };
      for (const [name, args] of [
        ['renew', {}],
        ['renew', { ...proper, pid: 'one' }],
        ['renew', { ...proper, agent: 'a'.repeat(1000) }],
        ['renew', { ...proper, known: { sidecar: 's', term: -1 } }],
        ['release', { pop: 'fra', agent: 'a', routes: 'sell' }],
      ] as const)
        await assert.rejects(askControl(path, name, args), { code: 'usage', message: /^a lease request/ });
    }
    await using _server = await serveControl(path, { renew: () => ({ sidecar: 's', lapsed: 'maybe' }) });
    await using lease = keeper();
    await lease.firstAnswer(soon());
    assert.match(lease.report().detail, /answers a renewal with something else/);
    assert.equal(lease.mayApply([v4]), false);
  });
});
