import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalNames, formatName } from '../../../src/dns/name.ts';
import { Entropy } from '../../../src/resolver/exchange/entropy.ts';
import { randomCase } from '../../../src/resolver/exchange/letter-case.ts';
import {
  addressIn,
  lowered,
  right,
  rightAddress,
  rightAnswer,
  TestAuthorities,
} from '../../resolver/exchange/authorities-under-test.ts';
import { name } from '../../resolver/messages.ts';
import type { UpstreamCall } from '../../resolver/scripted-upstream.ts';

const long = 'abcdefghijklmnopqrstuvwxyz.0-9_.test.';

/** Answers over UDP with the question in small letters. */
const lowering = ({ query, send }: UpstreamCall): void => send(lowered(rightAnswer(query)));

function sentNames(calls: readonly UpstreamCall[] = []): string[] {
  return calls.map(({ query }) => formatName(query.questions[0]?.name ?? name('.')));
}

describe('the case of letters in queries (draft-vixie-dnsext-dns0x20)', () => {
  it('is drawn for each letter, and for nothing else', () => {
    const entropy = new Entropy();
    const asked = name(long);
    const upper = new Array<number>(asked.length).fill(0);
    for (let round = 0; round < 1000; round += 1) {
      const sent = randomCase(asked, entropy);
      assert.ok(equalNames(sent, asked));
      for (const [index, octet] of sent.entries())
        if (octet !== asked[index]) upper[index] = (upper[index] ?? 0) + 1;
    }
    for (const [index, octet] of asked.entries()) {
      const isLetter = octet >= 0x61 && octet <= 0x7a;
      // 500 give or take 16; six times that is one in 10^9.
      if (isLetter) assert.ok(Math.abs((upper[index] ?? 0) - 500) < 96, `letter ${index}: ${upper[index]}`);
      else assert.equal(upper[index], 0);
    }
  });

  it('differs from query to query', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(right);
    for (let round = 0; round < 5; round += 1) await under.ask(long);
    assert.equal(new Set(sentNames(server?.calls)).size, 5);
  });

  it('does not show in the answer: names have the case that they were asked in', async () => {
    await using under = new TestAuthorities();
    await under.serve(right);
    const answer = await under.ask(long);
    assert.equal(formatName(answer?.message.questions[0]?.name ?? name('.')), long);
    assert.equal(formatName(answer?.message.answers[0]?.name ?? name('.')), long);
  });

  it('must come back octet for octet: another is not believed, and TCP is asked', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'tcp') right(call);
      else lowering(call);
    });
    assert.equal(addressIn(await under.ask(long)), rightAddress);
    assert.deepEqual(
      server?.calls.map(call => call.transport),
      ['udp', 'tcp'],
    );
    assert.equal(under.counters.nearMisses, 1);
    // Over TCP it kept the case: somebody else wrote that answer, and nothing is remembered of it.
    assert.equal(under.authorities.servers()[0]?.keepsCase, true);
    assert.equal(under.counters.caseLost, 0);
  });

  it('is left as it is for a server that does not keep it over TCP either', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(lowering);
    for (let round = 0; round < 3; round += 1) assert.equal(addressIn(await under.ask(long)), rightAddress);
    assert.deepEqual(
      server?.calls.map(call => call.transport),
      ['udp', 'tcp', 'udp', 'udp'],
    );
    assert.deepEqual(sentNames(server?.calls).slice(2), [long, long]);
    assert.equal(under.counters.caseLost, 1);
    assert.equal(under.authorities.servers()[0]?.keepsCase, false);
  });

  it('is left as it is for a server that loses it over UDP alone, when it has done so three times', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'tcp') right(call);
      else lowering(call);
    });
    for (let round = 0; round < 4; round += 1) assert.equal(addressIn(await under.ask(long)), rightAddress);
    assert.deepEqual(
      server?.calls.map(call => call.transport),
      ['udp', 'tcp', 'udp', 'tcp', 'udp', 'tcp', 'udp'],
    );
  });

  it('is left as it is when the operator says so', async () => {
    await using under = new TestAuthorities({ caseRandomisation: false });
    const [server] = await under.serve(lowering);
    assert.equal(addressIn(await under.ask(long)), rightAddress);
    assert.deepEqual(sentNames(server?.calls), [long]);
  });
});
