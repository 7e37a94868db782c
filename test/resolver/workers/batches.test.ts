import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Writer } from '../../../src/dns/writer.ts';
import { PlainWriter } from '../../../src/resolver/cache/record-wire.ts';
import { type Limit, WorkBudget } from '../../../src/resolver/work-budget.ts';
import { limitNumbers, readQuestions, writeQuestion } from '../../../src/resolver/workers/question-batch.ts';
import { type GivenReply, readReplies, writeReply } from '../../../src/resolver/workers/reply-batch.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { a, cname, name, question, soa, txt } from '../messages.ts';

const label = fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/);
const owner = fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => `${labels.join('.')}.`);
const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const cost = fc.integer({ min: 0, max: 1_000_000_000 });
const limit = fc.constantFrom<Limit | undefined>(...limitNumbers);

describe('questions on their way to a worker', () => {
  it('arrive as they were, with what is left of their budget', () => {
    const asked = fc.record({
      id: number,
      sources: number,
      owner,
      type: fc.integer({ min: 0, max: 65_535 }),
      dnssecOk: fc.boolean(),
      checkingDisabled: fc.boolean(),
      limits: fc.record({ packets: cost, bytes: cost, nameBytes: cost, timeMs: fc.nat(1e8) }),
      exhausted: limit,
    });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 40 }), all => {
        const clock = fakeClock();
        const nowMs = clock.monotonicMs();
        const writer = new Writer();
        const expected = all.map(({ owner: text, type, limits, exhausted, id, sources, ...flags }) => {
          const budget = new WorkBudget(limits, clock);
          budget.charge({ packets: 0, bytes: 0, nameBytes: 0 }, exhausted);
          const given = { id, sources, question: { ...question(text), type }, flags };
          writeQuestion(writer, given, { budget, nowMs });
          return { ...given, limits: { ...limits }, exhausted };
        });
        assert.deepEqual([...readQuestions(writer.written().slice(), nowMs)], expected);
      }),
    );
  });

  it('have less time by what they waited on their way, and never less than none', () => {
    const clock = fakeClock();
    const writer = new Writer();
    const budget = new WorkBudget({ packets: 1, bytes: 1, nameBytes: 1, timeMs: 100 }, clock);
    const flags = { dnssecOk: false, checkingDisabled: false };
    const nowMs = clock.monotonicMs();
    writeQuestion(writer, { id: 1, sources: 1, question: question('www.test.'), flags }, { budget, nowMs });
    const leftAfter = (ms: number): number | undefined =>
      [...readQuestions(writer.written().slice(), nowMs + ms)][0]?.limits.timeMs;
    assert.deepEqual([leftAfter(30), leftAfter(300)], [70, 0]);
  });
});

describe('replies on their way from a worker', () => {
  it('arrive as they were given', () => {
    const record = fc.oneof(
      owner.map(text => a(text, '192.0.2.1')),
      fc.tuple(owner, owner).map(([from, to]) => cname(from, to)),
      fc.tuple(owner, label).map(([text, said]) => txt(text, said)),
      owner.map(text => soa(text)),
    );
    const records = fc.array(record, { maxLength: 8 });
    const whole = fc.record({
      rcode: fc.integer({ min: 0, max: 23 }),
      authoritative: fc.boolean(),
      answers: records,
      authorities: records,
      options: fc.array(fc.record({ code: fc.nat(65_535), data: fc.uint8Array({ maxLength: 40 }) }), {
        maxLength: 3,
      }),
    });
    const more = fc.record(
      {
        origin: fc.constantFrom('cache' as const, 'stale' as const, 'resolved' as const),
        isCacheable: fc.constant(true as const),
        isSilence: fc.constant(true as const),
        isTruncated: fc.constant(true as const),
        nameservers: fc.array(owner.map(name), { maxLength: 4 }),
      },
      { requiredKeys: [] },
    );
    const given: fc.Arbitrary<GivenReply> = fc.record({
      id: number,
      spent: fc.record({ packets: cost, bytes: cost, nameBytes: cost }),
      exhausted: limit,
      reply: fc.oneof(
        fc.string(),
        fc.tuple(whole, more).map(([reply, besides]) => ({ ...reply, ...besides })),
      ),
    });
    fc.assert(
      fc.property(fc.array(given, { maxLength: 20 }), all => {
        const writer = new PlainWriter();
        for (const each of all) writeReply(writer, each);
        assert.deepEqual(plain([...readReplies(writer.written().slice())]), plain(all));
      }),
    );
  });
});

/** As values alone: records made by the tests and records read are objects of different classes. */
function plain(of: unknown): unknown {
  return JSON.parse(JSON.stringify(of));
}
