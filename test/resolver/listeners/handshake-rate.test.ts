import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HandshakeRate } from '../../../src/resolver/listeners/handshake-rate.ts';
import { TcpConnections, tcpLimits } from '../../../src/resolver/listeners/tcp-connections.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('the rate of handshakes', () => {
  function rate(handshakesPerSecond: number, handshakesPerClient: number) {
    const clock = fakeClock();
    const limits = { ...tcpLimits, handshakesPerSecond, handshakesPerClient };
    const connections = new TcpConnections(limits, () => undefined, new Set(['192.0.2.1']));
    const handshakes = new HandshakeRate(connections, clock);
    /** How many of `count` are admitted. */
    const admitted = (address: string, count: number, isProxy = false): number =>
      Array.from({ length: count }, () => handshakes.admits(address, isProxy)).filter(Boolean).length;
    return { clock, admitted };
  }

  it('is bounded for one client, by IPv4 address and by IPv6 /64', () => {
    const { admitted } = rate(100, 3);
    assert.equal(admitted('198.18.0.1', 5), 3);
    assert.equal(admitted('198.18.0.2', 5), 3);
    assert.equal(admitted('2001:db8::1', 2) + admitted('2001:db8::2', 2), 3);
  });

  it('is bounded in all, and begins anew after a second', async () => {
    const { clock, admitted } = rate(4, 3);
    assert.deepEqual([admitted('198.18.0.1', 3), admitted('198.18.0.2', 3)], [3, 1]);
    await clock.advance(999);
    assert.equal(admitted('198.18.0.3', 1), 0);
    await clock.advance(1);
    assert.equal(admitted('198.18.0.1', 3), 3);
  });

  it('is bounded in all for proxies, which are no client, and not for our own addresses', () => {
    const { admitted } = rate(10, 3);
    assert.equal(admitted('198.18.0.9', 20, true), 10);
    assert.equal(admitted('198.18.0.1', 1), 0);
    assert.equal(admitted('192.0.2.1', 20), 20);
  });
});
