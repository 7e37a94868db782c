import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { makeQuery, readAnswer } from '../../../src/resolver/exchange/query.ts';
import { right, rightAnswer, TestAuthorities } from '../../resolver/exchange/authorities-under-test.ts';
import { question } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

const asked = question('www.test.');

function query(id = 0x1234) {
  return makeQuery({
    id,
    question: asked,
    secretCase: undefined,
    recursionDesired: false,
    checkingDisabled: false,
    edns: { dnssecOk: true },
  });
}

function read(change: (answer: Message) => Message) {
  const sent = query();
  const reading = readAnswer(sent, encodeMessage(change(rightAnswer(decodeMessage(sent.octets)))));
  return typeof reading === 'object' ? 'answer' : reading;
}

describe('RFC 5452 section 9.1, query matching', () => {
  it('takes the answer with the id and the question of the query', () => {
    assert.equal(
      read(answer => answer),
      'answer',
    );
  });

  for (const [what, change] of Object.entries<(answer: Message) => Message>({
    'another id': answer => ({ ...answer, id: answer.id ^ 1 }),
    'another name': answer => ({ ...answer, questions: [question('ww.test.')] }),
    'another type': answer => ({ ...answer, questions: [question('www.test.', 'AAAA')] }),
    'another class': answer => ({ ...answer, questions: [{ ...asked, class: 3 }] }),
    'two questions': answer => ({ ...answer, questions: [asked, asked] }),
  })) {
    it(`does not take one with ${what}`, () => assert.equal(read(change), 'near-miss'));
  }

  it('does not take one without a question, unless it says that the query could not be read', () => {
    assert.equal(
      read(answer => ({ ...answer, questions: [] })),
      'junk',
    );
    assert.equal(
      read(answer => ({ ...answer, questions: [], answers: [], rcode: 1 })),
      'answer',
    );
  });
});

describe('RFC 5452 section 9.2, extending the id space', () => {
  it('uses ids over the whole range, one for each query', () => {
    assert.equal(query(0).octets.subarray(0, 2).join(), '0,0');
    assert.equal(query(0xffff).octets.subarray(0, 2).join(), '255,255');
  });

  it('asks from ports over the whole range that may be had, and takes answers at that port only', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(right);
    for (let index = 0; index < 30; index += 1) await under.ask(`n${index}.test.`);
    const ports = server?.calls.map(call => call.from.port) ?? [];
    assert.ok(Math.max(...ports) - Math.min(...ports) > 30_000);
  });
});

describe('RFC 5452 section 9.3, spoof detection and countermeasure', () => {
  it('abandons UDP for TCP when answers come that do not match', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'tcp') right(call);
      else call.send({ ...replyTo(call.query), id: call.query.id ^ 0x100 });
    });
    assert.ok(await under.ask('www.test.'));
    assert.equal(server?.calls.at(-1)?.transport, 'tcp');
  });
});

describe('RFC 5452 section 6, what is accepted', () => {
  it('passes every record on: which of them the server may speak for is for the iterator to say', async () => {
    await using under = new TestAuthorities();
    await under.serve(({ query: sent, send }) => send(rightAnswer(sent)));
    const answer = await under.ask('www.test.');
    assert.deepEqual(
      answer?.message.answers.map(({ type }) => type),
      [recordTypes.A],
    );
  });
});
