/** Retry loops (TsuKing): servers that make every question go round again cost a handful of messages, and are paid for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { BudgetExhausted } from '../../../src/resolver/work-budget.ts';
import { silent, TestAuthorities } from '../exchange/authorities-under-test.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';
import { testBudget } from '../work-budgets.ts';

const truncated = ({ query, send }: UpstreamCall): void =>
  send(replyTo(query, { flags: { ...query.flags, qr: true, tc: true } }));

/** An answer without EDNS. */
function plainly({ query }: UpstreamCall, rcode: number): Message {
  const { edns: _, ...reply } = replyTo(query, { rcode });
  return reply;
}

describe('servers that lead round in a circle', () => {
  it('are asked twice when they say TC over both transports', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(truncated);
    const budget = testBudget();
    assert.equal(await under.ask('www.test.', { budget }), undefined);
    assert.deepEqual(
      server?.calls.map(call => call.transport),
      ['udp', 'tcp'],
    );
    assert.equal(budget.spent('packets'), 2);
  });

  it('are asked at most three times when they reject all and truncate all', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'udp') truncated(call);
      else call.send(plainly(call, rcodes.FORMERR));
    });
    await under.ask('www.test.');
    assert.equal(server?.calls.length, 3);
  });

  it('are asked in all no more often than a question may be', async () => {
    const limits = {
      attempts: 100,
      attemptsPerServer: 100,
      questionsPerZone: 10,
      joinersPerQuestion: 3,
      attemptsPerQuestion: 5,
    };
    await using under = new TestAuthorities({ limits });
    await under.serve(silent, silent, silent, silent, silent, silent, silent);
    await under.ask('www.test.', { budget: testBudget({ timeMs: 60_000 }) });
    assert.equal(under.servers.flatMap(server => server.calls).length, 5);
  });

  it('end with the budget of whoever asks', async () => {
    await using under = new TestAuthorities();
    await under.serve(
      ...Array.from(
        { length: 6 },
        () => (call: UpstreamCall) => call.send(replyTo(call.query, { rcode: rcodes.SERVFAIL })),
      ),
    );
    const budget = testBudget({ packets: 3 });
    await assert.rejects(
      under.ask('www.test.', { budget, judge: () => 'useless' }),
      (error: unknown) => error instanceof BudgetExhausted && error.limit === 'packets',
    );
    assert.equal(under.servers.flatMap(server => server.calls).length, 3);
  });
});
