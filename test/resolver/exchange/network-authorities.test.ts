import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { authoritiesOf } from '../../../src/resolver/exchange/authorities-of.ts';
import { BudgetExhausted } from '../../../src/resolver/work-budget.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { name, question } from '../messages.ts';
import { openUpstream, replyTo, type UpstreamCall } from '../scripted-upstream.ts';
import { testDeployment } from '../test-deployment.ts';
import { testBudget } from '../work-budgets.ts';
import {
  addressIn,
  ip,
  right,
  rightAddress,
  rightAnswer,
  silent,
  TestAuthorities,
} from './authorities-under-test.ts';

const limits = {
  attempts: 100,
  attemptsPerServer: 100,
  questionsPerZone: 100,
  joinersPerQuestion: 100,
  attemptsPerQuestion: 8,
};

describe('asking authoritative servers', () => {
  it('pays for each message sent and for what comes back', async () => {
    await using under = new TestAuthorities();
    await under.serve(call => {
      if (call.transport === 'tcp') right(call);
      else call.send(replyTo(call.query, { flags: { ...call.query.flags, qr: true, tc: true } }));
    });
    const budget = testBudget();
    const answer = await under.ask('www.test.', { budget });
    assert.equal(addressIn(answer), rightAddress);
    assert.equal(budget.spent('packets'), 2);
    assert.equal(budget.spent('bytes'), answer && encodeMessage(answer.message).length);
    // The owner is a pointer to the question: `www.test.` and one for the pointer, or nothing where it is the same name.
    assert.ok(budget.spent('nameBytes') <= 11);
  });

  it('ends with the budget when what comes back costs too much', async () => {
    await using under = new TestAuthorities();
    await under.serve(right);
    await assert.rejects(
      under.ask('www.test.', { budget: testBudget({ bytes: 20 }) }),
      (error: unknown) => error instanceof BudgetExhausted && error.limit === 'bytes',
    );
    assert.equal(under.authorities.status.attempts, 0);
  });

  it('ends when the time of the budget is over', async () => {
    await using under = new TestAuthorities();
    await under.serve(silent, silent);
    const started = performance.now();
    await assert.rejects(
      under.ask('www.test.', { budget: testBudget({ timeMs: 200 }) }),
      (error: unknown) => error instanceof BudgetExhausted && error.limit === 'time',
    );
    assert.ok(performance.now() - started < 2000);
    assert.equal(under.counters.timeouts, 0);
  });

  it('ends when it is told to', async () => {
    await using under = new TestAuthorities();
    await under.serve(silent);
    const reason = new Error('enough');
    const controller = new AbortController();
    const asked = under.ask('www.test.', { signal: controller.signal });
    await eventually(() => assert.equal(under.authorities.status.attempts, 1));
    controller.abort(reason);
    await assert.rejects(asked, reason);
    await eventually(() => assert.equal(under.authorities.status.attempts, 0));
    await assert.rejects(under.ask('www.test.', { signal: controller.signal }), reason);
  });

  it('goes on for those who joined when the first who asked gives up', async () => {
    await using under = new TestAuthorities();
    const held: UpstreamCall[] = [];
    await under.serve(call => void held.push(call));
    const controller = new AbortController();
    const first = under.ask('www.test.', { signal: controller.signal });
    await eventually(() => assert.equal(held.length, 1));
    const budget = testBudget();
    const others = [under.ask('www.test.', { budget }), under.ask('www.test.')];
    controller.abort(new Error('enough'));
    await assert.rejects(first);
    await eventually(() => assert.equal(held.length, 2));
    for (const call of held) right(call);
    for (const other of await Promise.all(others)) assert.equal(addressIn(other), rightAddress);
    assert.equal(budget.spent('packets'), 1);
  });

  it('costs those who join nothing', async () => {
    await using under = new TestAuthorities();
    await under.serve(call => void setTimeout(() => right(call), 50));
    const budget = testBudget();
    const both = await Promise.all([under.ask('www.test.'), under.ask('www.test.', { budget })]);
    assert.deepEqual(both.map(addressIn), [rightAddress, rightAddress]);
    assert.deepEqual([budget.spent('packets'), budget.spent('bytes')], [0, 0]);
  });

  it('ends for one who joined when his own time is over', async () => {
    await using under = new TestAuthorities();
    await under.serve(silent);
    const first = under.ask('www.test.', { budget: testBudget({ timeMs: 1500 }) });
    const joined = under.ask('www.test.', { budget: testBudget({ timeMs: 100 }) });
    await assert.rejects(joined, BudgetExhausted);
    await first.catch(() => undefined);
  });

  it('keeps zones apart: the same question to another zone is another', async () => {
    await using under = new TestAuthorities();
    const held: UpstreamCall[] = [];
    await under.serve(call => void held.push(call));
    const both = [under.ask('www.test.'), under.ask('www.test.', { zone: name('.') })];
    await eventually(() => assert.equal(held.length, 2));
    for (const call of held) right(call);
    await Promise.all(both);
  });

  it('asks the next server when one is silent or of no use, and takes the first useful answer', async () => {
    await using under = new TestAuthorities();
    await under.serve(silent, ({ query, send }) => send(replyTo(query, { rcode: 2 })), right);
    const judge = ({ rcode }: { readonly rcode: number }) =>
      (rcode === 0 ? 'useful' : 'useless') as 'useful' | 'useless';
    for (let index = 0; index < 6; index += 1) {
      const answer = await under.ask(`n${index}.test.`, { judge });
      assert.equal(answer?.server.text, under.address(2));
    }
    assert.ok(under.counters.timeouts <= 3);
  });

  it('gives nothing when no server was of use, having asked each once', async () => {
    await using under = new TestAuthorities();
    const refuses = ({ query, send }: UpstreamCall): void => send(replyTo(query, { rcode: 5 }));
    await under.serve(refuses, refuses, refuses);
    assert.equal(await under.ask('www.test.', { judge: () => 'lame' }), undefined);
    assert.deepEqual(
      under.servers.map(({ calls }) => calls.length),
      [1, 1, 1],
    );
    // They are asked again all the same, since there is nobody else.
    assert.equal(await under.ask('www2.test.', { judge: () => 'lame' }), undefined);
    assert.equal(under.counters.lame, 6);
  });

  it('prefers the server that is fast', async () => {
    await using under = new TestAuthorities();
    const [slow, fast] = await under.serve(call => void setTimeout(() => right(call), 150), right);
    for (let index = 0; index < 30; index += 1)
      assert.equal(addressIn(await under.ask(`n${index}.test.`)), rightAddress);
    assert.ok((slow?.calls.length ?? 0) <= 5, `${slow?.calls.length} to the slow one`);
    assert.ok((fast?.calls.length ?? 0) >= 25);
  });

  it('sheds what is too much in all, for one server, or in one zone', async () => {
    for (const [reason, limit] of Object.entries({
      attempts: { attempts: 2 },
      server: { attemptsPerServer: 2 },
      zone: { questionsPerZone: 2 },
    })) {
      await using under = new TestAuthorities({ limits: { ...limits, ...limit } });
      const held: UpstreamCall[] = [];
      await under.serve(call => void held.push(call));
      const taken = [under.ask('a.test.'), under.ask('b.test.')];
      await eventually(() => assert.equal(held.length, 2));
      assert.equal(await under.ask('c.test.'), undefined);
      assert.equal(under.counters.shed[reason as keyof typeof under.counters.shed], 1, reason);
      for (const call of held) right(call);
      await Promise.all(taken);
      const again = under.ask('d.test.');
      await eventually(() => assert.equal(held.length, 3));
      for (const call of held) right(call);
      assert.equal(addressIn(await again), rightAddress);
    }
  });

  it('asks over IPv6 too, and passes over a family that we have no address of', async () => {
    await using under = new TestAuthorities({ sources: { 6: ip('::1') } });
    const [server] = await under.serve(right);
    assert.equal(await under.ask('www.test.'), undefined);
    assert.equal(server?.calls.length, 0);
    const socket = createSocket('udp6');
    socket.on('message', (octets, from) =>
      socket.send(encodeMessage(rightAnswer(decodeMessage(octets))), from.port, from.address),
    );
    socket.bind(under.port, '::1');
    await once(socket, 'listening');
    const answer = await under.ask('www.test.', { servers: [under.address(0), '::1'] });
    assert.equal(answer?.server.text, '::1');
    socket.close();
    await once(socket, 'close');
  });

  it('goes on to the next server at once when there is no way to one', async () => {
    await using under = new TestAuthorities({ sources: { 4: ip('198.51.100.1') } });
    assert.equal(await under.ask('www.test.', { servers: [under.address(0), under.address(1)] }), undefined);
    assert.equal(under.counters.unreachable, 2);
    assert.equal(under.authorities.status.attempts, 0);
  });

  it('leaves nothing under way at the end', async () => {
    const under = new TestAuthorities();
    await under.serve(silent);
    const asked = under.ask('www.test.');
    await eventually(() => assert.equal(under.authorities.status.attempts, 1));
    await under[Symbol.asyncDispose]();
    assert.equal(await asked, undefined);
    assert.equal(await under.ask('www2.test.'), undefined);
  });
});

describe('the authorities of a PoP', () => {
  it('are asked from its management address', async () => {
    const deployment = testDeployment({ resolver: ['recursion: { allowQuery: [127.0.0.0/8] }'] });
    const [address] = deployment.upstreams;
    await using server = await openUpstream(address, deployment.upstreamPort, right);
    await using authorities = authoritiesOf(deployment.slice, {
      clock: systemClock,
      port: deployment.upstreamPort,
    });
    const answer = await authorities.ask({
      zone: name('test.'),
      servers: [ip(deployment.service), ip(deployment.management), ip(address)],
      question: question('www.test.'),
      judge: () => 'useful',
      budget: testBudget(),
      signal: new AbortController().signal,
    });
    assert.equal(addressIn(answer), rightAddress);
    assert.equal(server.calls[0]?.from.address, deployment.management);
    assert.equal(authorities.counters.refusedAddresses, 2);
  });
});
