import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { extendedErrorOption } from '../../../src/dns/options/extended-error.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { createCacheActivity } from '../../../src/resolver/cache/cache-activity.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { createCounters } from '../../../src/resolver/counters.ts';
import { cache as cachePolicy } from '../../../src/resolver/policies/cache.ts';
import type { ClientQuery, Outcome } from '../../../src/resolver/policy.ts';
import { emptyReply, type Reply, withOption } from '../../../src/resolver/reply.ts';
import { a, cname, query, question } from '../messages.ts';
import { testServices } from '../policy-services.ts';
import { rrset, rrsetCache } from '../rrsets.ts';
import { testDeployment } from '../test-deployment.ts';
import { testBudget } from '../work-budgets.ts';

/** The policy by itself, with `resolve` in the place of all that comes behind it. */
async function policy(resolve: (query: ClientQuery) => Outcome, keys = '{}') {
  const { cache: rrsets, clock } = rrsetCache();
  const { slice } = testDeployment({ resolver: [`cache: ${keys}`] });
  const answers = new AnswerCache(1024 * 1024, 3_600_000);
  const cacheActivity = createCacheActivity();
  const counters = createCounters();
  const resolution = { resolve: (): Outcome => emptyReply(rcodes.SERVFAIL) };
  const handler = cachePolicy.create(slice, {
    ...(await testServices(slice)),
    clock,
    cache: answers,
    rrsets,
    cacheActivity,
    counters,
    resolution,
  });
  const asked: ClientQuery[] = [];
  const next = (each: ClientQuery): Outcome => {
    asked.push(each);
    return resolve(each);
  };
  const ask = async (text = 'www.test.'): Promise<Reply> =>
    await handler(
      {
        message: query(text),
        question: question(text),
        client: {
          transport: 'udp',
          address: '127.0.0.1',
          local: { text: '127.0.0.1', family: 4, kind: 'management' },
        },
        isAddressProven: false,
        cookie: 'absent',
        budget: testBudget(),
      },
      next,
    );
  return { ask, asked, clock, rrsets, cacheActivity, counters };
}

function resolved(text: string, ttl = 100): Reply {
  const answers = [a(text, '192.0.2.1', ttl)];
  return { ...emptyReply(rcodes.NOERROR), answers, isCacheable: true };
}

describe('the cache policy', () => {
  it('says of a reply whether it is from the cache', async () => {
    const { ask } = await policy(() => ({ ...resolved('www.test.'), origin: 'resolved' }));
    assert.equal((await ask()).origin, 'resolved');
    assert.equal((await ask()).origin, 'cache');
  });

  it('says of a stale reply that it is one', async () => {
    let reply = resolved('www.test.');
    const { ask, clock } = await policy(() => reply);
    await ask();
    await clock.advance(200_000);
    reply = emptyReply(rcodes.SERVFAIL);
    assert.equal((await ask()).origin, 'stale');
  });

  it('gives no stale answer in the place of a bogus one', async () => {
    let reply = resolved('www.test.');
    const { ask, clock } = await policy(() => reply);
    await ask();
    await clock.advance(200_000);
    reply = withOption(emptyReply(rcodes.SERVFAIL), extendedErrorOption({ infoCode: 6, text: '' }));
    assert.equal((await ask()).rcode, rcodes.SERVFAIL);
  });

  it('counts a fault that comes to light after the client was answered', async () => {
    let outcome: Outcome = resolved('www.test.');
    const late = Promise.withResolvers<Reply>();
    const { ask, clock, counters } = await policy(() => outcome);
    await ask();
    await clock.advance(200_000);
    outcome = late.promise;
    const pending = ask();
    await clock.advance(1800);
    assert.equal((await pending).origin, 'stale');
    late.reject(new Error('a fault'));
    await clock.advance(0);
    assert.equal(counters.faults, 1);
  });
});

describe('prefetching', () => {
  it('asks anew, once, when an answer is hit in the last tenth of its life, and never makes the client wait', async () => {
    const waiting: PromiseWithResolvers<Reply>[] = [];
    let isFirst = true;
    const { ask, asked, clock, cacheActivity } = await policy(() => {
      if (isFirst) return resolved('www.test.');
      waiting.push(Promise.withResolvers<Reply>());
      return waiting.at(-1)?.promise ?? emptyReply(rcodes.SERVFAIL);
    });
    await ask();
    isFirst = false;
    await clock.advance(89_000);
    await ask();
    assert.equal(asked.length, 1);
    await clock.advance(1000);
    assert.equal((await ask()).answers[0]?.ttl, 10);
    assert.equal((await ask()).answers[0]?.ttl, 10);
    assert.equal(asked.length, 2);
    waiting[0]?.resolve(resolved('www.test.'));
    await clock.advance(0);
    assert.equal((await ask()).answers[0]?.ttl, 100);
    assert.equal(asked.length, 2);
    assert.equal(cacheActivity.prefetches, 1);
  });

  it('spends from a budget of its own', async () => {
    const { ask, asked, clock } = await policy(() => resolved('www.test.'));
    await ask();
    await clock.advance(95_000);
    await ask();
    assert.equal(asked.length, 2);
    assert.notEqual(asked[1]?.budget, asked[0]?.budget);
    assert.equal(asked[1]?.budget.remainingMs, 4000);
    assert.equal(asked[1]?.budget.spent('packets'), 0);
  });

  it('has recursion forget the RRsets that the answer is made of, which are as old', async () => {
    const alias = cname('www.test.', 'to.test.', 100);
    const target = a('to.test.', '192.0.2.1', 100);
    const { ask, clock, rrsets } = await policy(() => ({
      ...resolved('www.test.'),
      answers: [alias, target],
    }));
    await ask();
    const others = [a('www.test.', '192.0.2.1', 100), a('other.test.', '192.0.2.1', 100)];
    for (const record of [alias, target, ...others]) rrsets.keep(rrset(record), ranks.authoritativeAnswer);
    await clock.advance(95_000);
    await ask();
    const left = [alias, target, ...others].map(
      ({ name: owner, type }) => rrsets.find(owner, type, ranks.additional) !== undefined,
    );
    assert.deepEqual(left, [false, false, false, true]);
  });

  it('leaves the answer as it is when it fails, and when it throws', async () => {
    for (const [faults, outcome] of [
      [0, () => emptyReply(rcodes.SERVFAIL)],
      [1, () => Promise.reject(new Error('a fault'))],
    ] as const) {
      let resolve: () => Outcome = () => resolved('www.test.');
      const { ask, clock, counters } = await policy(() => resolve());
      await ask();
      resolve = outcome;
      await clock.advance(95_000);
      assert.equal((await ask()).answers[0]?.ttl, 5);
      await clock.advance(0);
      assert.equal((await ask()).answers[0]?.ttl, 5);
      assert.equal(counters.faults, faults);
    }
  });

  it('passes over answers that live less than ten seconds, and does nothing when switched off', async () => {
    const short = await policy(() => resolved('www.test.', 9));
    await short.ask();
    await short.clock.advance(8900);
    await short.ask();
    assert.equal(short.asked.length, 1);
    const off = await policy(() => resolved('www.test.'), '{ prefetch: false }');
    await off.ask();
    await off.clock.advance(95_000);
    await off.ask();
    assert.equal(off.asked.length, 1);
  });

  it('has a hundred under way at most', async () => {
    const never = new Promise<Reply>(() => undefined);
    let isFirst = true;
    const { ask, asked, clock, cacheActivity } = await policy(({ question: { name: owner } }) =>
      isFirst
        ? { ...resolved('www.test.'), answers: [{ ...a('www.test.', '192.0.2.1', 100), name: owner }] }
        : never,
    );
    for (let index = 0; index < 150; index += 1) await ask(`host-${index}.test.`);
    isFirst = false;
    await clock.advance(95_000);
    for (let index = 0; index < 150; index += 1) await ask(`host-${index}.test.`);
    assert.equal(asked.length, 250);
    assert.deepEqual([cacheActivity.prefetches, cacheActivity.prefetchesLeft], [100, 50]);
  });
});
