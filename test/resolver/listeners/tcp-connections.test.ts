import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Claim, TcpConnections, tcpLimits } from '../../../src/resolver/listeners/tcp-connections.ts';

describe('the caps of connections', () => {
  function capped(connections: number, connectionsPerClient = connections) {
    let refused = 0;
    const onRefused = (): void => {
      refused += 1;
    };
    const own = new Set(['192.0.2.1']);
    const caps = new TcpConnections({ ...tcpLimits, connections, connectionsPerClient }, onRefused, own);
    const admit = (address: string): Claim => {
      const claim = caps.admit(address);
      assert.ok(claim, `${address} was refused`);
      return claim;
    };
    return { caps, admit, refused: () => refused };
  }

  it('shorten the idle time in steps as they are neared, and lengthen it again', () => {
    const { caps, admit } = capped(16);
    const claims: Claim[] = [];
    const seen = new Map<string, number>();
    for (let count = 0; count < 16; count += 1) {
      const now = `${caps.idleMs} ms, told ${caps.toldIdleMs}`;
      if (!seen.has(now)) seen.set(now, count);
      claims.push(admit(`198.18.0.${count}`));
    }
    assert.deepEqual(
      [...seen],
      [
        ['10000 ms, told 10000', 0],
        ['4000 ms, told 4000', 8],
        ['1000 ms, told 1000', 12],
        ['200 ms, told 0', 14],
      ],
    );
    assert.equal(caps.admit('198.18.1.1'), undefined);
    for (const claim of claims) claim.release();
    assert.deepEqual([caps.count, caps.idleMs, caps.toldIdleMs], [0, 10_000, 10_000]);
  });

  it('tell those that are idle already of a shorter time, and only of that', () => {
    const { admit } = capped(8);
    let told = 0;
    admit('198.18.0.1').onShorterIdle = () => {
      told += 1;
    };
    const others = [2, 3, 4].map(last => admit(`198.18.0.${last}`));
    assert.equal(told, 1);
    for (const other of others) other.release();
    assert.equal(told, 1);
  });

  it('count an IPv6 /64 as one client, and each IPv4 address', () => {
    const { caps, admit, refused } = capped(16, 2);
    admit('2001:db8:1:2::1');
    const second = admit('2001:db8:1:2:ffff::2');
    assert.equal(caps.admit('2001:db8:1:2:3::4'), undefined);
    assert.equal(refused(), 1);
    admit('2001:db8:1:3::1');
    second.release();
    admit('2001:db8:1:2::9');
    admit('198.18.0.1');
    admit('198.18.0.1');
    assert.equal(caps.admit('198.18.0.1'), undefined);
    admit('198.18.0.2');
  });

  it('give back what is released once, however often that is said', () => {
    const { caps, admit } = capped(4, 2);
    const claim = admit('198.18.0.1');
    admit('198.18.0.1');
    claim.release();
    claim.release();
    assert.equal(caps.count, 1);
    admit('198.18.0.1');
    assert.equal(caps.admit('198.18.0.1'), undefined);
  });

  it('charge a proxied connection to whom it speaks for, and a proxy that speaks for itself to nobody', () => {
    const { caps, refused } = capped(4, 1);
    const proxied = [caps.admitProxy(), caps.admitProxy(), caps.admitProxy()];
    assert.equal(proxied[0]?.speakFor('198.18.0.1'), true);
    assert.equal(proxied[1]?.speakFor('198.18.0.1'), false);
    assert.equal(refused(), 1);
    proxied[1]?.release();
    proxied[0]?.release();
    assert.equal(proxied[2]?.speakFor('198.18.0.1'), true);
    assert.equal(caps.count, 1);
  });

  it('hold for proxies in all, and never for our own addresses', () => {
    const { caps, admit } = capped(1);
    admit('198.18.0.1');
    assert.equal(caps.admitProxy(), undefined);
    admit('192.0.2.1');
    admit('192.0.2.1');
  });
});
