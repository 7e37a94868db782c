import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { readExtendedErrors } from '../../../src/dns/options/extended-error.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { askControl } from '../../../src/system/control-socket.ts';
import { a, edns, query, soa, type TypeName } from '../../resolver/messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream } from '../../resolver/scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../../resolver/test-deployment.ts';
import { ask, openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

const servfail = { rcode: rcodes.SERVFAIL };
const upToMs = 300_000;
/** Past the TTL, and far from the end of the stale time. */
const laterMs = 100_000;

describe('RFC 8767, serving stale data', () => {
  const parts = { current: new AsyncDisposableStack() };
  let deployment: TestDeployment;
  let upstream: ScriptedUpstream;
  let resolver: TestResolver;
  let clock: FakeClock;
  /** undefined: silence. */
  let answer: Partial<Message> | undefined;

  beforeEach(async () => {
    parts.current = new AsyncDisposableStack();
    deployment = testDeployment({ resolver: ['cache: { serveStale: { upTo: 5m } }'] });
    clock = fakeClock();
    const [address] = deployment.upstreams;
    upstream = parts.current.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) => {
        if (answer) send(replyTo(asked, answer));
      }),
    );
    resolver = parts.current.use(await openTestResolver(deployment, { clock }));
    answer = { answers: [a('www.test.', '192.0.2.1', 60)] };
  });
  afterEach(() => parts.current.disposeAsync());

  async function resolve(text = 'www.test.', type: TypeName = 'A'): Promise<Message> {
    const to = { address: deployment.management, port: deployment.port };
    return await ask(query(text, type, { edns: edns() }), to);
  }

  /** The rcode, the TTLs of the answers, the extended errors. */
  function seen(message: Message) {
    return [
      message.rcode,
      message.answers.map(({ ttl }) => ttl),
      readExtendedErrors(message.edns).map(({ infoCode }) => infoCode),
    ];
  }

  const fresh = [rcodes.NOERROR, [60], []];
  const stale = [rcodes.NOERROR, [30], [3]];

  /** Asks while nobody answers, and gives what is said once the client response timer is over. */
  async function resolveInSilence(): Promise<Message> {
    const before = upstream.calls.length;
    const pending = resolve();
    await eventually(() => assert.ok(upstream.calls.length > before));
    await clock.advance(1800);
    return await pending;
  }

  it('section 4: when nobody who knows can be reached, an expired answer is given', async () => {
    assert.deepEqual(seen(await resolve()), fresh);
    await clock.advance(laterMs);
    answer = servfail;
    assert.deepEqual(seen(await resolve()), stale);
    assert.equal(resolver.running.status.cacheActivity.staleAnswers, 1);
  });

  it('section 4: while an answer can be had it is refreshed, and nothing stale is given', async () => {
    await resolve();
    await clock.advance(laterMs);
    assert.deepEqual(seen(await resolve()), fresh);
    assert.equal(upstream.calls.length, 2);
  });

  it('section 4: the TTL given is 30 s, in the authority section too; NXDOMAIN says so in its extended error', async () => {
    answer = { rcode: rcodes.NXDOMAIN, authorities: [soa('test.')] };
    await resolve();
    await clock.advance(laterMs);
    answer = servfail;
    const given = await resolve('www.test.', 'MX');
    assert.deepEqual(seen(given), [rcodes.NXDOMAIN, [], [19]]);
    assert.equal(given.authorities[0]?.ttl, 30);
    assert.equal(resolver.running.status.cacheActivity.staleDenials, 1);
  });

  it('section 4: an answer that says the data is gone is an answer', async () => {
    await resolve();
    await clock.advance(laterMs);
    answer = { rcode: rcodes.NXDOMAIN, authorities: [soa('test.')] };
    assert.deepEqual(seen(await resolve()), [rcodes.NXDOMAIN, [], []]);
    await clock.advance(laterMs);
    answer = servfail;
    assert.deepEqual(seen(await resolve()), [rcodes.NXDOMAIN, [], [19]]);
  });

  it('section 5: past the maximum stale timer there is no answer', async () => {
    await resolve();
    await clock.advance(60_000 + upToMs - 1);
    answer = servfail;
    assert.deepEqual(seen(await resolve()), stale);
    await clock.advance(1000);
    assert.deepEqual(seen(await resolve()), [rcodes.SERVFAIL, [], [22]]);
  });

  it('section 5: the client response timer is 1.8 s, and resolution goes on behind it', async () => {
    await resolve();
    await clock.advance(laterMs);
    answer = undefined;
    assert.deepEqual(seen(await resolveInSilence()), stale);
    answer = { answers: [a('www.test.', '192.0.2.2', 60)] };
    upstream.calls.at(-1)?.send(replyTo(upstream.calls.at(-1)?.query ?? query('x.'), answer));
    await eventually(async () => assert.deepEqual(seen(await resolve()), fresh));
  });

  it('section 5: before the client response timer is over nothing stale is given', async () => {
    await resolve();
    await clock.advance(laterMs);
    answer = undefined;
    const pending = resolve();
    await eventually(() => assert.equal(upstream.calls.length, 2));
    await clock.advance(1700);
    const [call] = upstream.calls.slice(-1);
    call?.send(replyTo(call.query, { answers: [a('www.test.', '192.0.2.2', 60)] }));
    assert.deepEqual(seen(await pending), fresh);
  });

  it('section 5: nobody waits again until the failure recheck timer is over', async () => {
    await resolve();
    await clock.advance(laterMs);
    answer = servfail;
    await resolve();
    const before = upstream.calls.length;
    await clock.advance(29_000);
    assert.deepEqual(seen(await resolve()), stale);
    assert.equal(upstream.calls.length, before);
    answer = { answers: [a('www.test.', '192.0.2.1', 60)] };
    await clock.advance(1000);
    assert.deepEqual(seen(await resolve()), fresh);
  });

  it('nothing is given that was flushed, even while a client waits', async () => {
    await resolve();
    await clock.advance(laterMs);
    answer = undefined;
    const pending = resolve();
    await eventually(() => assert.equal(upstream.calls.length, 2));
    await askControl(resolver.socketPath, 'flush', { name: 'www.test' });
    await clock.advance(4000);
    assert.deepEqual(seen(await pending), [rcodes.SERVFAIL, [], [22]]);
  });

  it('nothing is given that nobody ever asked for', async () => {
    answer = servfail;
    assert.deepEqual(seen(await resolve()), [rcodes.SERVFAIL, [], [22]]);
  });
});

describe('RFC 8767, switched off', () => {
  it('an expired answer is gone', async () => {
    const deployment = testDeployment({ resolver: ['cache: { serveStale: off }'] });
    const clock = fakeClock();
    let answer: Partial<Message> = { answers: [a('www.test.', '192.0.2.1', 60)] };
    const [address] = deployment.upstreams;
    await using _upstream = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) =>
      send(replyTo(asked, answer)),
    );
    await using _resolver = await openTestResolver(deployment, { clock });
    const to = { address: deployment.management, port: deployment.port };
    await ask(query('www.test.'), to);
    await clock.advance(60_000);
    answer = servfail;
    assert.equal((await ask(query('www.test.'), to)).rcode, rcodes.SERVFAIL);
  });
});
