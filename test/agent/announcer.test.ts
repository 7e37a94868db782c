import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Announcer } from '../../src/agent/announcer.ts';
import type { AgentEvent } from '../../src/agent/event-log.ts';
import { parseIpPrefix } from '../../src/ip/prefix.ts';
import { plainAnnouncement } from '../../src/routing/announcement.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type TroubledRoutes, troubledRoutes } from '../support/troubled-routes.ts';

const vip = '203.0.113.53/32';
const prefix = parseIpPrefix(vip);
assert.ok(prefix);
const service = [plainAnnouncement(prefix)];

interface Stage extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly routes: TroubledRoutes;
  readonly announcer: Announcer;
  readonly events: AgentEvent[];
  /** Whether anything may be announced. */
  mayAnnounce: boolean;
  /** Kinds of the events up to now. */
  kinds(): string[];
}

async function stage(): Promise<Stage> {
  const clock = fakeClock();
  const routes = troubledRoutes();
  const events: AgentEvent[] = [];
  const s: { mayAnnounce: boolean } = { mayAnnounce: true };
  const announcer = new Announcer({
    driver: routes,
    mayApply: desired => s.mayAnnounce || desired.length === 0,
    fallback: new Set(),
    clock,
    record: event => events.push(event),
    onBelief: () => undefined,
  });
  await clock.advance(0);
  return Object.assign(s, {
    clock,
    routes,
    announcer,
    events,
    kinds: () => events.map(({ kind }) => kind),
    [Symbol.asyncDispose]: () => announcer[Symbol.asyncDispose](),
  });
}

const exportedOf = (announcer: Announcer): string[] | undefined => {
  const belief = announcer.belief();
  return belief.known ? [...belief.observation.exported.keys()] : undefined;
};

describe('the announcer', () => {
  it('looks at the router before it is told anything, and applies nothing', async () => {
    await using s = await stage();
    assert.deepEqual(exportedOf(s.announcer), []);
    assert.equal(s.routes.attempts, 0);
    assert.deepEqual(s.kinds(), ['session', 'session', 'observed']);
  });

  it('does not announce without leave, withdraws all the same, and announces as soon as there is leave', async () => {
    await using s = await stage();
    s.mayAnnounce = false;
    s.announcer.want(service);
    await s.clock.advance(5000);
    assert.equal(s.routes.attempts, 0);
    s.announcer.want([]);
    await s.clock.advance(0);
    assert.equal(s.routes.attempts, 1);
    s.announcer.want(service);
    s.mayAnnounce = true;
    s.announcer.wake();
    await s.clock.advance(0);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
  });

  it('forgets what it wanted and saw when somebody else had the router, and looks anew', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(100);
    const attempts = s.routes.attempts;
    s.announcer.forget();
    assert.equal(s.announcer.belief().known, false);
    await s.clock.advance(2000);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
    assert.equal(s.routes.attempts, attempts);
  });

  it('applies a wish without any pause, and believes it when it sees it', async () => {
    await using s = await stage();
    s.announcer.want(service);
    // No time passes.
    await s.clock.advance(0);
    assert.deepEqual(s.routes.applied, [[vip]]);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
    assert.deepEqual(
      s.events.slice(-2).map(({ kind }) => kind),
      ['applied', 'observed'],
    );
    await s.announcer.settled(AbortSignal.timeout(1000));
  });

  it('does not apply the same wish twice', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(10);
    s.announcer.want([...service]);
    await s.clock.advance(5000);
    assert.equal(s.routes.attempts, 1);
  });

  it('tries a refused change again with a growing pause, and keeps what stood', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(10);
    s.routes.refusals = 4;
    s.announcer.want([]);
    await s.clock.advance(0);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
    await s.clock.advance(10_000);
    const failed = s.events.filter(event => event.kind === 'apply-failed');
    assert.deepEqual(
      failed.map(({ attempt, retryMs, code }) => [attempt, retryMs, code]),
      [
        [1, 100, 'refused'],
        [2, 200, 'refused'],
        [3, 400, 'refused'],
        [4, 800, 'refused'],
      ],
    );
    assert.deepEqual(exportedOf(s.announcer), []);
  });

  it('never waits longer than 5 s before it tries again', async () => {
    await using s = await stage();
    s.routes.refusals = 12;
    s.announcer.want(service);
    await s.clock.advance(60_000);
    const pauses = s.events.flatMap(event => (event.kind === 'apply-failed' ? [event.retryMs] : []));
    assert.equal(Math.max(...pauses), 5000);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
  });

  it('applies a new wish at once, even in the pause after a refusal, and the latest wins', async () => {
    await using s = await stage();
    s.routes.refusals = 1;
    s.announcer.want(service);
    await s.clock.advance(0);
    s.announcer.want([]);
    s.announcer.want(service);
    s.announcer.want([]);
    await s.clock.advance(0);
    assert.deepEqual(s.routes.applied, [[]]);
  });

  it('gives up a call that hangs, and tries again', async () => {
    await using s = await stage();
    s.routes.hanging = true;
    s.announcer.want(service);
    await s.clock.advance(2000);
    assert.equal(s.events.at(-1)?.kind === 'apply-failed' || s.kinds().includes('apply-failed'), true);
    s.routes.hanging = false;
    await s.clock.advance(1000);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
  });

  it('sees that the router forgot, says so once, and applies again', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(10);
    s.routes.forgotten.add(vip);
    await s.clock.advance(3000);
    assert.deepEqual(
      s.events.filter(({ kind }) => kind === 'drift'),
      [{ kind: 'drift', missing: [vip], extra: [], different: [] }],
    );
    assert.ok(s.routes.applied.length > 1);
    s.routes.forgotten.clear();
    await s.clock.advance(10_000);
    await s.announcer.settled(AbortSignal.timeout(1000));
    assert.deepEqual(exportedOf(s.announcer), [vip]);
  });

  it('does not believe what it asked for: an accepted change that does not show is drift', async () => {
    await using s = await stage();
    s.routes.forgotten.add(vip);
    s.announcer.want(service);
    await s.clock.advance(1900);
    assert.equal(s.kinds().includes('drift'), false);
    await s.clock.advance(2000);
    assert.equal(s.kinds().includes('drift'), true);
  });

  it('does not call a lost session drift, and is settled again when it is back', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(10);
    s.routes.sessionState = 'down';
    await s.clock.advance(5000);
    assert.deepEqual(exportedOf(s.announcer), []);
    s.routes.sessionState = 'established';
    await s.clock.advance(1000);
    assert.deepEqual(exportedOf(s.announcer), [vip]);
    await s.announcer.settled(AbortSignal.timeout(1000));
    assert.equal(s.kinds().includes('drift'), false);
    assert.equal(s.routes.attempts, 1);
  });

  it('knows nothing while the router is away, and tells it everything again when it is back', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(10);
    s.routes.away = true;
    await s.clock.advance(5000);
    assert.deepEqual(s.announcer.belief(), { known: false, reason: 'the router is away' });
    assert.equal(s.kinds().filter(kind => kind === 'observe-failed').length, 1);
    s.routes.away = false;
    await s.clock.advance(300);
    assert.deepEqual(s.routes.applied, [[vip], [vip]]);
    // What it shows then is news, though it is what it showed before.
    assert.equal(s.kinds().slice(s.kinds().indexOf('observe-failed')).includes('observed'), true);
  });

  it('is not settled by an observation older than the wish', async () => {
    await using s = await stage();
    s.announcer.want(service);
    await s.clock.advance(10);
    s.announcer.want([]);
    let settled = false;
    s.routes.refusals = 1;
    const waiting = s.announcer.settled(AbortSignal.timeout(5000)).then(() => {
      settled = true;
    });
    await s.clock.advance(50);
    assert.equal(settled, false);
    await s.clock.advance(200);
    await waiting;
    assert.deepEqual(exportedOf(s.announcer), []);
  });

  it('ends while the router hangs', async () => {
    const s = await stage();
    s.routes.hanging = true;
    s.announcer.want(service);
    await s.clock.advance(1);
    await s[Symbol.asyncDispose]();
  });
});
