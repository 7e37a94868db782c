import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodeMessage, type Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { createCounters, type ResolverCounters } from '../../../src/resolver/counters.ts';
import type { Reply } from '../../../src/resolver/reply.ts';
import { Forwarder, type ForwarderOptions } from '../../../src/resolver/upstreams/forwarder.ts';
import { forwardZonesOf } from '../../../src/resolver/upstreams/upstreams-of.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { a, question, soa, type TypeName, txt } from '../messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream, type UpstreamCall } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { testBudget } from '../work-budgets.ts';

const address = '198.51.100.80';

/** Says `address` for every name. */
const right = ({ query, send }: UpstreamCall): void => send(rightAnswer(query));

function rightAnswer(query: Message): Message {
  const [asked] = query.questions;
  assert.ok(asked);
  return replyTo(query, { answers: [{ ...a('x.', address), name: asked.name }] });
}

const silent = (): void => undefined;

function rcode(code: number): (call: UpstreamCall) => void {
  return ({ query, send }) => send(replyTo(query, { rcode: code }));
}

describe('the forwarder', () => {
  let deployment: TestDeployment;
  let counters: ResolverCounters;
  let parts: AsyncDisposableStack;

  beforeEach(() => {
    deployment = testDeployment({ forward: { '.': [0, 1, 2], 'leaf.test.': [1] } });
    counters = createCounters();
    parts = new AsyncDisposableStack();
  });
  afterEach(() => parts.disposeAsync());

  async function upstreams(
    ...scripts: readonly ((call: UpstreamCall) => void)[]
  ): Promise<ScriptedUpstream[]> {
    return await Promise.all(
      scripts.map(async (script, index) =>
        parts.use(await openUpstream(deployment.upstreams[index] ?? '', deployment.upstreamPort, script)),
      ),
    );
  }

  function forwarder(options: Partial<ForwarderOptions> = {}): Forwarder {
    return parts.use(
      new Forwarder({
        zones: forwardZonesOf(deployment.slice),
        clock: systemClock,
        counters,
        queryTimeoutMs: 2000,
        upstreamTimeoutMs: 100,
        upstreamPort: deployment.upstreamPort,
        ...options,
      }),
    );
  }

  async function resolve(by: Forwarder, text: string, type: TypeName = 'A'): Promise<Reply> {
    return await by.resolve(question(text, type), { dnssecOk: false, checkingDisabled: false }, testBudget());
  }

  function assertRight(reply: Reply): void {
    assert.equal(reply.rcode, rcodes.NOERROR);
    const [record] = reply.answers;
    assert.deepEqual(record?.rdata, a('x.', address).rdata);
  }

  it('asks the upstream of the longest zone', async () => {
    const [root, leaf] = await upstreams(right, right);
    const by = forwarder();
    assertRight(await resolve(by, 'www.leaf.test.'));
    assertRight(await resolve(by, 'example.'));
    assert.deepEqual([root?.calls.length, leaf?.calls.length], [1, 1]);
  });

  it('sends each query from the management address, with a port and an id of its own', async () => {
    const [root] = await upstreams(right);
    const by = forwarder();
    for (let index = 0; index < 20; index += 1) assertRight(await resolve(by, `n${index}.test.`));
    const calls = root?.calls ?? [];
    // The upstreams that are not there make some queries go twice; all are distinct all the same.
    assert.deepEqual([...new Set(calls.map(call => call.from.address))], [deployment.management]);
    assert.ok(new Set(calls.map(call => call.from.port)).size >= 19);
    assert.ok(new Set(calls.map(call => call.query.id)).size >= 19);
  });

  it('waits on through forgeries and junk for the right answer', async () => {
    const [asked] = await upstreams(({ query, send }) => {
      const forged = replyTo(query, { answers: [a('www.leaf.test.', '198.51.100.66')] });
      send({ ...forged, id: query.id ^ 1 });
      send({ ...forged, questions: [question('www.bank.example.')] });
      send({ ...forged, questions: [] });
      send({ ...forged, flags: { ...forged.flags, qr: false } });
      send(new Uint8Array(3));
      send(encodeMessage(forged).subarray(0, 20));
      send(rightAnswer(query));
    });
    assertRight(await resolve(forwarder({ upstreamTimeoutMs: 1000 }), 'www.test.'));
    assert.equal(counters.upstream.mismatched, 6);
    assert.equal(asked?.calls.length, 1);
  });

  it('asks over TCP when somebody guesses at ids', async () => {
    const [asked] = await upstreams(({ query, transport, send }) => {
      if (transport === 'tcp') return send(rightAnswer(query));
      for (let guess = 1; guess <= 100; guess += 1) {
        send({ ...replyTo(query, { answers: [a('www.test.', '198.51.100.66')] }), id: query.id ^ guess });
      }
    });
    assertRight(await resolve(forwarder({ upstreamTimeoutMs: 1000 }), 'www.test.'));
    assert.equal(asked?.calls.at(-1)?.transport, 'tcp');
  });

  it('asks over TCP when the answer is truncated', async () => {
    const long = 'x'.repeat(200);
    const [asked] = await upstreams(({ query, transport, send }) => {
      const whole = replyTo(query, { answers: Array.from({ length: 20 }, () => txt('big.test.', long)) });
      send(transport === 'tcp' ? whole : replyTo(query, { flags: { ...whole.flags, tc: true } }));
    });
    const reply = await resolve(forwarder(), 'big.test.', 'TXT');
    assert.equal(reply.answers.length, 20);
    assert.deepEqual(
      asked?.calls.map(call => call.transport),
      ['udp', 'tcp'],
    );
  });

  it('asks the next upstream when one is silent, fails, refuses, or points elsewhere', async () => {
    const useless = [silent, rcode(rcodes.SERVFAIL), rcode(rcodes.REFUSED), rcode(rcodes.NOTAUTH)];
    for (const first of useless) {
      await using _first = await openUpstream(deployment.upstreams[0], deployment.upstreamPort, first);
      await using second = await openUpstream(deployment.upstreams[1], deployment.upstreamPort, right);
      assertRight(await resolve(forwarder(), 'www.test.'));
      assert.equal(second.calls.length, 1);
    }
  });

  it('asks the next upstream at once when the network says that one is not there', async () => {
    await using second = await openUpstream(deployment.upstreams[1], deployment.upstreamPort, right);
    // With these timeouts only the port-unreachable message of the absent first one can have moved it on.
    const by = forwarder({ upstreamTimeoutMs: 60_000, queryTimeoutMs: 60_000 });
    assertRight(await resolve(by, 'www.test.'));
    assert.equal(second.calls.length, 1);
  });

  it('takes the late answer of a slow upstream while it asks the next', async () => {
    const slow = Promise.withResolvers<UpstreamCall>();
    await upstreams(slow.resolve, ({ query }) => {
      void slow.promise.then(call => call.send(rightAnswer(call.query)));
      assert.ok(query);
    });
    assertRight(await resolve(forwarder(), 'www.test.'));
  });

  it('does not ask a silent upstream first again, and finds out by itself when it is back', async () => {
    let isBack = false;
    const first = (call: UpstreamCall): void => (isBack ? right(call) : undefined);
    const [flaky, steady] = await upstreams(first, right, right);
    const by = forwarder();
    assertRight(await resolve(by, 'n0.test.'));
    assert.equal(by.status.upstreams[0]?.state, 'failed');
    const askedBefore = flaky?.calls.length ?? 0;
    assertRight(await resolve(by, 'n1.test.'));
    assert.equal(flaky?.calls.length, askedBefore);
    isBack = true;
    let names = 2;
    await eventually(async () => {
      assertRight(await resolve(by, `n${names++}.test.`));
      assert.equal(by.status.upstreams[0]?.state, 'well');
    });
    assert.ok((steady?.calls.length ?? 0) > 0);
  });

  it('asks once for many clients with the same question, in any letter case', async () => {
    const asked = Promise.withResolvers<UpstreamCall>();
    const [upstream] = await upstreams(asked.resolve);
    const by = forwarder({ upstreamTimeoutMs: 1000 });
    const replies = ['www.test.', 'WWW.test.', 'www.TEST.'].map(text => resolve(by, text));
    right(await asked.promise);
    for (const reply of await Promise.all(replies)) assertRight(reply);
    assert.equal(upstream?.calls.length, 1);
    assert.equal(counters.coalesced, 2);
  });

  it('sheds clients and questions beyond its limits, at once, and remembers no failure for it', async () => {
    await upstreams(silent, silent, silent);
    const limits = {
      attempts: 100,
      attemptsPerUpstream: 100,
      questions: 2,
      questionsPerZone: 1,
      waitersPerQuestion: 2,
      waiters: 1000,
      attemptsPerQuestion: 8,
    };
    const by = forwarder({ limits, queryTimeoutMs: 300 });
    const first = [resolve(by, 'a.test.'), resolve(by, 'a.test.')];
    const third = by.resolve(question('a.test.'), { dnssecOk: false, checkingDisabled: false }, testBudget());
    assert.ok(!(third instanceof Promise));
    const sameZone = by.resolve(
      question('b.test.'),
      { dnssecOk: false, checkingDisabled: false },
      testBudget(),
    );
    assert.ok(!(sameZone instanceof Promise));
    const otherZone = by.resolve(
      question('www.leaf.test.'),
      { dnssecOk: false, checkingDisabled: false },
      testBudget(),
    );
    assert.ok(otherZone instanceof Promise);
    assert.equal(counters.upstream.shed, 2);
    await Promise.all([...first, otherZone]);
    const again = by.resolve(question('b.test.'), { dnssecOk: false, checkingDisabled: false }, testBudget());
    assert.ok(again instanceof Promise);
    await again;
  });

  it('sheds clients when too many wait in all, and has room again when they have left', async () => {
    await upstreams(silent, silent, silent);
    const limits = {
      attempts: 100,
      attemptsPerUpstream: 100,
      questions: 10,
      questionsPerZone: 10,
      waitersPerQuestion: 10,
      waiters: 3,
      attemptsPerQuestion: 8,
    };
    const by = forwarder({ limits, queryTimeoutMs: 300 });
    const flags = { dnssecOk: false, checkingDisabled: false };
    const waiting = ['a.test.', 'b.test.', 'a.test.'].map(text => resolve(by, text));
    assert.ok(!(by.resolve(question('b.test.'), flags, testBudget()) instanceof Promise));
    assert.equal(counters.upstream.shed, 1);
    await Promise.all(waiting);
    const again = ['c.test.', 'c.test.', 'c.test.'].map(text =>
      by.resolve(question(text), flags, testBudget()),
    );
    assert.ok(again.every(outcome => outcome instanceof Promise));
    await Promise.all(again);
  });

  it('asks again without EDNS when an upstream cannot read it, and remembers that', async () => {
    const [old] = await upstreams(({ query, send }) => {
      if (!query.edns) return send(rightAnswer(query));
      const { edns, ...bare } = replyTo(query, { rcode: rcodes.FORMERR, questions: [] });
      assert.ok(edns);
      send(bare);
    });
    const by = forwarder();
    assertRight(await resolve(by, 'a.leaf2.test.'));
    assertRight(await resolve(by, 'b.leaf2.test.'));
    assert.deepEqual(
      old?.calls.slice(0, 3).map(call => call.query.edns !== undefined),
      [true, false, false],
    );
  });

  it('goes on with EDNS when an upstream cannot read a question with it or without', async () => {
    const [upstream] = await upstreams(({ query, send }) => {
      if (query.questions[0]?.type !== recordTypes.SPF) return send(rightAnswer(query));
      const { edns, ...bare } = replyTo(query, { rcode: rcodes.FORMERR });
      assert.ok(edns || !query.edns);
      send(bare);
    });
    const by = forwarder();
    await resolve(by, 'odd.test.', 'SPF');
    assertRight(await resolve(by, 'www.test.'));
    assert.ok(upstream?.calls.at(-1)?.query.edns);
  });

  it('asks with RD, EDNS at 1232 octets, and the DO and CD of the client', async () => {
    const [asked] = await upstreams(right);
    await forwarder().resolve(
      question('www.test.'),
      { dnssecOk: true, checkingDisabled: true },
      testBudget(),
    );
    const query = asked?.calls[0]?.query;
    assert.deepEqual(
      {
        rd: query?.flags.rd,
        cd: query?.flags.cd,
        ad: query?.flags.ad,
        size: query?.edns?.udpPayloadSize,
        dnssecOk: query?.edns?.dnssecOk,
      },
      { rd: true, cd: true, ad: false, size: 1232, dnssecOk: true },
    );
  });

  it('refuses a name that no zone holds', async () => {
    deployment = testDeployment({ forward: { 'leaf.test.': [0] } });
    assert.equal((await resolve(forwarder(), 'example.')).rcode, rcodes.REFUSED);
  });

  it('takes a denial as the answer it is', async () => {
    const [first, second] = await upstreams(
      ({ query, send }) => send(replyTo(query, { rcode: rcodes.NXDOMAIN, authorities: [soa('test.')] })),
      right,
    );
    const reply = await resolve(forwarder(), 'no.test.');
    assert.equal(reply.rcode, rcodes.NXDOMAIN);
    assert.deepEqual([first?.calls.length, second?.calls.length], [1, 0]);
  });

  it('asks with one question at a time where every upstream is gone, and answers the others at once', async () => {
    let back = false;
    const asked = await upstreams(call => (back ? right(call) : silent()), silent, silent);
    const by = forwarder({ upstreamTimeoutMs: 20, queryTimeoutMs: 300 });
    for (const name of ['a.test.', 'b.test.', 'c.test.'])
      assert.equal((await resolve(by, name)).rcode, rcodes.SERVFAIL);
    const looking = resolve(by, 'd.test.');
    const callsBefore = asked.flatMap(({ calls }) => calls).length;
    const others = ['e.test.', 'f.test.', 'g.test.'].map(name =>
      by.resolve(question(name), { dnssecOk: false, checkingDisabled: false }, testBudget()),
    );
    assert.ok(others.every(reply => 'rcode' in reply && reply.rcode === rcodes.SERVFAIL));
    assert.equal(counters.upstream.unasked, 3);
    assert.equal(asked.flatMap(({ calls }) => calls).length, callsBefore);
    back = true;
    assertRight(await looking);
    assertRight(await resolve(by, 'h.test.'));
    // What had failed meanwhile is not remembered against the zone (RFC 9520 would allow seconds).
    assertRight(await resolve(by, 'a.test.'));
    assert.equal(counters.rememberedFailures, 0);
  });

  it('asks silent upstreams in rounds, and each question a bounded number of times', async () => {
    const asked = await upstreams(silent, silent, silent);
    const reply = await resolve(forwarder({ upstreamTimeoutMs: 20, queryTimeoutMs: 1000 }), 'www.test.');
    assert.equal(reply.rcode, rcodes.SERVFAIL);
    assert.deepEqual(
      asked.map(upstream => upstream.calls.length),
      [3, 3, 2],
    );
  });
});
