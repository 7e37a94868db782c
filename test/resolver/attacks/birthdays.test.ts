/** Birthday attacks (RebirthDay, RFC 5452 section 5): many copies of one query under way make any one guess likelier. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findOption, optionCodes } from '../../../src/dns/edns.ts';
import { eventually } from '../../support/eventually.ts';
import {
  addressIn,
  right,
  rightAddress,
  silent,
  TestAuthorities,
} from '../exchange/authorities-under-test.ts';
import type { UpstreamCall } from '../scripted-upstream.ts';

describe('copies of a question', () => {
  it('are under way once, however many ask and however they write it', async () => {
    await using under = new TestAuthorities();
    const held: UpstreamCall[] = [];
    const [server] = await under.serve(call => void held.push(call));
    const asked = Array.from({ length: 50 }, (_, index) =>
      under.ask(index % 2 === 0 ? 'www.test.' : 'WWW.Test.'),
    );
    await eventually(() => assert.equal(held.length, 1));
    for (const call of held) right(call);
    const answers = await Promise.all(asked);
    assert.deepEqual(new Set(answers.map(addressIn)), new Set([rightAddress]));
    assert.equal(server?.calls.length, 1);
    assert.equal(under.counters.coalesced, 49);
  });

  it('are never under way twice to one server, not even to ask a silent one again', async () => {
    await using under = new TestAuthorities();
    let first: number | undefined;
    const [server] = await under.serve(call => {
      first ??= performance.now();
      if (performance.now() - first > 500) right(call);
    });
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    const ports = server?.calls.map(call => call.from.port) ?? [];
    const ids = server?.calls.map(call => call.query.id) ?? [];
    assert.equal(new Set(ports).size, ports.length);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(under.authorities.status.attempts, 0);
  });

  it('are not told apart by a client subnet: none is sent', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(right);
    await under.ask('www.test.');
    assert.equal(findOption(server?.calls[0]?.query.edns, optionCodes.clientSubnet), undefined);
  });

  it('wait for the first in limited number', async () => {
    const limits = {
      attempts: 10,
      attemptsPerServer: 10,
      questionsPerZone: 10,
      joinersPerQuestion: 3,
      attemptsPerQuestion: 1,
    };
    await using under = new TestAuthorities({ limits });
    const [server] = await under.serve(silent);
    const asked = Array.from({ length: 10 }, () => under.ask('www.test.'));
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([undefined]));
    assert.equal(under.counters.shed.joiners, 6);
    assert.equal(server?.calls.length, 1);
  });
});
