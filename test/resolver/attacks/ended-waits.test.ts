/** TuDoor: malformed answers, ICMP errors and answers before their time must not end the wait for the right one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeMessage } from '../../../src/dns/message.ts';
import {
  addressIn,
  right,
  rightAddress,
  rightAnswer,
  TestAuthorities,
} from '../exchange/authorities-under-test.ts';
import type { UpstreamCall } from '../scripted-upstream.ts';

/** Octets that are no answer, each in another way. */
function junk({ query }: UpstreamCall): Uint8Array[] {
  const whole = encodeMessage(rightAnswer(query));
  const withFlags = (flags: number): Uint8Array => whole.with(2, flags);
  const looped = whole.slice();
  // The name of the first record is made a pointer to itself.
  const at = whole.length - 11 - 16;
  looped.set([0xc0, at], at);
  return [
    new Uint8Array(0),
    new Uint8Array(3),
    whole.subarray(0, 12),
    whole.subarray(0, whole.length - 3),
    Uint8Array.of(...whole, 0),
    withFlags(0x00),
    withFlags(0xa8),
    looped,
  ];
}

describe('the wait for an answer', () => {
  it('goes on through malformed messages under the right id', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      for (const octets of junk(call)) call.send(octets);
      setTimeout(() => right(call), 30);
    });
    assert.equal(addressIn(await under.ask('www.test.')), rightAddress);
    assert.equal(server?.calls.length, 1);
    assert.equal(under.counters.mismatched, 8);
    assert.equal(under.counters.nearMisses, 0);
  });

  it('goes on when the network says that nobody is there', async () => {
    await using under = new TestAuthorities();
    // Nobody is: the kernel says so at once. The server comes back before its time is over and is asked again.
    const asked = under.ask('www.test.', { servers: [under.address(0)] });
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    await new Promise(resolve => setTimeout(resolve, 100));
    assert.ok(under.counters.unreachable > 0);
    assert.equal(isOver, false);
    await under.serve(right);
    assert.equal(addressIn(await asked), rightAddress);
  });

  it('asks another server meanwhile when the network says so', async () => {
    await using under = new TestAuthorities();
    await under.serve(right);
    for (let index = 0; index < 8; index += 1) {
      const answer = await under.ask(`n${index}.test.`, { servers: [under.address(0), under.address(7)] });
      assert.equal(addressIn(answer), rightAddress);
    }
    assert.equal(under.counters.timeouts, 0);
  });

  it('is not ended by an answer that came before the question', async () => {
    await using under = new TestAuthorities();
    const [server] = await under.serve(call => {
      // A second answer to this one lies in wait for the next query from its port.
      right(call);
      right(call);
    });
    for (let index = 0; index < 100; index += 1) {
      const answer = await under.ask(`n${index}.test.`);
      assert.equal(addressIn(answer), rightAddress);
      assert.ok(server);
    }
  });
});
