/** Kaminsky's attack: a forger sends answers with guessed ids from the server's address, hoping to be right once. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { encodeMessage } from '../../../src/dns/message.ts';
import {
  addressIn,
  right,
  rightAddress,
  rightAnswer,
  TestAuthorities,
} from '../exchange/authorities-under-test.ts';
import { a, name, question } from '../messages.ts';
import type { UpstreamCall } from '../scripted-upstream.ts';

const forgedAddress = '198.51.100.66';

function forged({ query }: UpstreamCall, id: number) {
  const [asked] = query.questions;
  const answers = [{ ...a('x.', forgedAddress), name: asked?.name ?? name('x.') }];
  return { ...rightAnswer(query, { answers }), id };
}

describe('answers by guesswork', () => {
  it('get one guess per query, which moves the question to TCP', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'tcp') return right(call);
      for (let guess = 1; guess <= 200; guess += 1) call.send(forged(call, call.query.id ^ guess));
      // Even the right id is of no use to the forger any more.
      call.send(forged(call, call.query.id));
    });
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    assert.deepEqual(
      server?.calls.map(call => call.transport),
      ['udp', 'tcp'],
    );
    assert.equal(under.counters.nearMisses, 1);
    assert.equal(under.counters.tcpFallbacks, 1);
  });

  it('are not taken for another question with the right id', async () => {
    await using under = new TestAuthorities();
    await under.serve(call => {
      if (call.transport === 'tcp') return right(call);
      call.send({ ...forged(call, call.query.id), questions: [question('www.bank.test.')] });
    });
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    assert.equal(under.counters.nearMisses, 1);
  });

  it('come from the server itself or from nobody: another source is not heard', async () => {
    await using under = new TestAuthorities();
    const elsewhere = createSocket('udp4');
    elsewhere.bind(under.port, under.address(9));
    await once(elsewhere, 'listening');
    await under.serve(call => {
      const octets = encodeMessage(forged(call, call.query.id));
      elsewhere.send(octets, call.from.port, call.from.address, () => right(call));
    });
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    assert.deepEqual([under.counters.mismatched, under.counters.nearMisses], [0, 0]);
    elsewhere.close();
    await once(elsewhere, 'close');
  });

  it('cost the guesser the port that he guessed at', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'udp' && call.query.questions[0]?.type === 16)
        call.send(forged(call, call.query.id ^ 1));
      else right(call);
    });
    await under.ask('a.test.', { type: 'TXT' });
    const guessed = server?.calls[0]?.from.port;
    for (let index = 0; index < 100; index += 1) await under.ask(`n${index}.test.`);
    assert.equal(
      server?.calls.slice(1).filter(call => call.transport === 'udp' && call.from.port === guessed).length,
      0,
    );
  });
});
