import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpFamily } from '../../../src/ip/address.ts';
import { Entropy } from '../../../src/resolver/exchange/entropy.ts';
import { Server } from '../../../src/resolver/exchange/server.ts';
import { serverOrder } from '../../../src/resolver/exchange/server-order.ts';
import { ip } from './authorities-under-test.ts';

const entropy = new Entropy();

function server(text: string, rttMs?: number): Server {
  const each = new Server({ address: ip(text), port: 53, source: ip('198.51.100.1') });
  if (rttMs !== undefined) each.answered(rttMs);
  return each;
}

function silence(each: Server, times: number): Server {
  for (let left = times; left > 0; left -= 1) each.keptSilent(0, each.silences);
  return each;
}

function order(servers: readonly Server[], silentFamily?: IpFamily): string[] {
  const isFamilySilent = (family: IpFamily): boolean => family === silentFamily;
  return serverOrder(servers, { zoneKey: 'zone', nowMs: 0, entropy, isFamilySilent }).map(
    each => each.address.text,
  );
}

describe('the order of servers', () => {
  it('is untried, tried by time, down, lame', () => {
    const lame = server('198.51.100.5', 1);
    lame.wasLame('zone', 0);
    const servers = [
      lame,
      silence(server('198.51.100.4', 1), 3),
      server('198.51.100.3', 100),
      server('198.51.100.2', 10),
      server('198.51.100.1'),
    ];
    assert.deepEqual(
      order(servers),
      [1, 2, 3, 4, 5].map(last => `198.51.100.${last}`),
    );
  });

  it('begins with any of those that are about as fast as the fastest', () => {
    const servers = [
      server('198.51.100.1', 10),
      server('198.51.100.2', 12),
      server('198.51.100.3', 17),
      server('198.51.100.4', 300),
    ];
    const firsts = new Set(Array.from({ length: 40 }, () => order(servers)[0]));
    assert.deepEqual([...firsts].sort(), ['198.51.100.1', '198.51.100.2', '198.51.100.3']);
  });

  it('comes back to a slow one in the end', () => {
    const fast = server('198.51.100.1', 10);
    const slow = server('198.51.100.2', 200);
    let rounds = 0;
    while (order([fast, slow])[0] === fast.address.text) {
      rounds += 1;
      fast.answered(10);
      assert.ok(rounds < 1000);
    }
    assert.ok(rounds > 50, `after ${rounds} questions`);
  });

  it('puts a failing one behind one that is slower', () => {
    assert.deepEqual(order([silence(server('198.51.100.1', 20), 2), server('198.51.100.2', 50)]), [
      '198.51.100.2',
      '198.51.100.1',
    ]);
  });

  it('tries no new server of a family that has been silent while there are others', () => {
    const servers = [server('2001:db8::1'), server('198.51.100.1', 50)];
    assert.equal(order(servers)[0], '2001:db8::1');
    assert.deepEqual(order(servers, 6), ['198.51.100.1', '2001:db8::1']);
  });
});
