import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ipAddress } from '../../../src/ip/address.ts';
import { inOrder, Upstream } from '../../../src/resolver/upstreams/upstream.ts';

const source = ipAddress(Uint8Array.of(198, 51, 100, 1));

function upstream(last: number): Upstream {
  return new Upstream(ipAddress(Uint8Array.of(198, 51, 100, last)), source);
}

describe('the order of upstreams', () => {
  it('is by round-trip time, untried ones first, the configuration breaking ties', () => {
    const [slow, fast, untried, another] = [upstream(1), upstream(2), upstream(3), upstream(4)];
    slow.answered(80);
    fast.answered(10);
    assert.deepEqual(inOrder([slow, fast, untried, another]), [untried, another, fast, slow]);
  });

  it('puts failed ones last, the next to be retried first', () => {
    const [first, second, well] = [upstream(1), upstream(2), upstream(3)];
    first.failed(2000);
    second.failed(1000);
    well.answered(500);
    assert.deepEqual(inOrder([first, second, well]), [well, second, first]);
  });

  it('comes back to a slower one when it has been passed over for long', () => {
    const [slow, fast] = [upstream(1), upstream(2)];
    slow.answered(20);
    fast.answered(10);
    for (let times = 0; times < 40; times += 1) slow.passedOver();
    assert.deepEqual(inOrder([fast, slow]), [slow, fast]);
  });
});

describe('a failed upstream', () => {
  it('is retested once per back-off, which doubles up to ten seconds', () => {
    const failing = upstream(1);
    assert.equal(failing.claimRetest(0), false);
    failing.failed(0);
    assert.equal(failing.claimRetest(499), false);
    const claims: number[] = [];
    for (let now = 500; claims.length < 7; now += 1) {
      if (!failing.claimRetest(now)) continue;
      claims.push(now);
      failing.failed(now);
    }
    assert.deepEqual(
      claims.map((at, index) => at - (claims[index - 1] ?? 0)),
      [500, 1000, 2000, 4000, 8000, 10_000, 10_000],
    );
  });

  it('is well again with the first answer', () => {
    const recovered = upstream(1);
    recovered.failed(0);
    recovered.failed(1000);
    recovered.answered(5);
    assert.deepEqual(recovered.status, { address: '198.51.100.1', state: 'well', rttMs: 5 });
  });
});
