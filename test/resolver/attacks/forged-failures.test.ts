/** CVE-2023-26437: failures that anybody can forge must not make a resolver think ill of a server. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { eventually } from '../../support/eventually.ts';
import {
  addressIn,
  right,
  rightAddress,
  silent,
  TestAuthorities,
} from '../exchange/authorities-under-test.ts';
import { replyTo } from '../scripted-upstream.ts';

describe('an authority', () => {
  it('is well whatever failures it is made to seem to answer with', async () => {
    await using under = new TestAuthorities();
    await under.serve(({ query, send }) => send(replyTo(query, { rcode: rcodes.SERVFAIL })));
    for (let index = 0; index < 10; index += 1)
      await under.ask(`n${index}.test.`, { judge: () => 'useless' });
    assert.deepEqual(
      under.authorities.servers().map(({ state }) => state),
      ['well'],
    );
  });

  it('is none the worse for what the network says of it', async () => {
    await using under = new TestAuthorities();
    await under.serve(right);
    const gone = under.address(5);
    for (let index = 0; index < 5; index += 1)
      await under.ask(`n${index}.test.`, { servers: [gone, under.address(0)] });
    assert.ok(under.counters.unreachable > 0);
    assert.equal(under.counters.timeouts, 0);
    assert.ok(under.authorities.servers().every(({ state }) => state === 'well' || state === 'untried'));
  });

  it('is none the worse for guesses that moved the question to a TCP port where nobody is', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      if (call.transport === 'udp') call.send({ ...replyTo(call.query), id: call.query.id ^ 1 });
    });
    await under.ask('www.test.');
    assert.ok((server?.calls.length ?? 0) >= 2);
    assert.deepEqual(
      under.authorities.servers().map(({ state }) => state),
      ['untried'],
    );
  });

  it('is down after three silences of its own, and is noticed when it is back', async () => {
    await using under = new TestAuthorities();
    let isBack = false;
    const [dead] = await under.serve(call => (isBack ? right(call) : silent()), right);
    const both = { servers: [under.address(0), under.address(1)] };
    const stateOfDead = () =>
      under.authorities.servers().find(({ address }) => address === under.address(0))?.state;
    // One question is enough: it is asked again and again while its client waits.
    await under.ask('dead.test.', { servers: [under.address(0)] }).catch(() => undefined);
    assert.equal(stateOfDead(), 'down');
    assert.equal(under.counters.timeouts, 3);
    const callsBefore = dead?.calls.length ?? 0;
    for (let index = 0; index < 5; index += 1)
      assert.equal(addressIn(await under.ask(`n${index}.test.`, both)), rightAddress);
    // At most one probe so soon.
    assert.ok((dead?.calls.length ?? 0) <= callsBefore + 1);
    isBack = true;
    let probe = 0;
    await eventually(
      async () => {
        probe += 1;
        assert.equal(addressIn(await under.ask(`p${probe}.test.`, both)), rightAddress);
        assert.equal(stateOfDead(), 'well');
      },
      { within: 8000 },
    );
    assert.ok(under.counters.probes > 0);
  });
});
