import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Entropy } from '../../../src/resolver/exchange/entropy.ts';
import {
  type QuerySocket,
  QuerySockets,
  type SocketLimits,
} from '../../../src/resolver/exchange/query-sockets.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ip } from './authorities-under-test.ts';

const small: SocketLimits = { uses: 3, lifeMs: 5000, spread: 2, idle: 4 };

describe('sockets for queries', () => {
  const server = createSocket('udp4');
  before(async () => {
    server.on('message', (octets, from) => server.send(octets, from.port, from.address));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  const endpoint = () => ({ address: ip('127.0.0.1'), source: ip('127.0.0.1'), port: server.address().port });

  function pool(limits = small, clock = systemClock): QuerySockets {
    return new QuerySockets({ clock, entropy: new Entropy(), limits });
  }

  async function converse(socket: QuerySocket): Promise<void> {
    const answered = Promise.withResolvers<void>();
    socket.listen(() => answered.resolve(), answered.reject);
    socket.send(new Uint8Array(1));
    await answered.promise;
  }

  /** Gives the ports of so many queries, `atOnce` of them at a time. */
  async function ports(sockets: QuerySockets, queries: number, atOnce = 1): Promise<number[]> {
    const seen: number[] = [];
    for (let left = queries; left > 0; left -= atOnce) {
      const taken = await Promise.all(Array.from({ length: atOnce }, () => sockets.take(endpoint())));
      for (const socket of taken) {
        seen.push(socket.port);
        await converse(socket);
      }
      for (const socket of taken) sockets.giveBack(socket, true);
    }
    return seen;
  }

  it('are used again only when several are idle, and for so many queries', async () => {
    await using sockets = pool();
    const seen = await ports(sockets, 60);
    const uses = new Map<number, number>();
    for (const port of seen) uses.set(port, (uses.get(port) ?? 0) + 1);
    assert.ok([...uses.values()].every(count => count <= 3));
    assert.ok(uses.size >= 20 && uses.size < 40, `${uses.size} ports`);
    assert.notEqual(seen[0], seen[1]);
  });

  it('are never shared by two queries at once', async () => {
    await using sockets = pool();
    await ports(sockets, 8, 4);
    const taken = await Promise.all(Array.from({ length: 10 }, () => sockets.take(endpoint())));
    assert.equal(new Set(taken.map(({ port }) => port)).size, 10);
    for (const socket of taken) sockets.giveBack(socket, false);
  });

  it('are not used again after a query that was not answered cleanly', async () => {
    await using sockets = pool();
    for (let index = 0; index < 5; index += 1) sockets.giveBack(await sockets.take(endpoint()), false);
    assert.equal(sockets.idle, 0);
  });

  it('are not used again when something came while they were idle', async () => {
    await using sockets = pool({ ...small, spread: 1 });
    const socket = await sockets.take(endpoint());
    await converse(socket);
    sockets.giveBack(socket, true);
    server.send(new Uint8Array(12), socket.port, '127.0.0.1');
    await delay(50);
    const next = await sockets.take(endpoint());
    assert.notEqual(next.port, socket.port);
    sockets.giveBack(next, false);
  });

  it('are not kept beyond their number', async () => {
    await using sockets = pool({ ...small, idle: 3 });
    await ports(sockets, 12, 6);
    assert.ok(sockets.idle <= 3);
  });

  it('do not outlive their time, used or not', async () => {
    const clock = fakeClock();
    await using sockets = pool({ ...small, spread: 1 }, clock);
    const socket = await sockets.take(endpoint());
    await converse(socket);
    sockets.giveBack(socket, true);
    assert.equal(sockets.idle, 1);
    await clock.advance(6001);
    await eventually(() => assert.equal(sockets.idle, 0));
  });

  it('of another server are others', async () => {
    await using sockets = pool({ ...small, spread: 1 });
    const socket = await sockets.take(endpoint());
    await converse(socket);
    sockets.giveBack(socket, true);
    const other = await sockets.take({ ...endpoint(), address: ip('127.0.0.2') });
    assert.notEqual(other.port, socket.port);
    sockets.giveBack(other, false);
    const same = await sockets.take(endpoint());
    assert.equal(same.port, socket.port);
    sockets.giveBack(same, false);
  });

  it('reject with the system error when our own address is not there', async () => {
    await using sockets = pool();
    await assert.rejects(async () => await sockets.take({ ...endpoint(), source: ip('198.51.100.1') }), {
      code: 'EADDRNOTAVAIL',
    });
  });
});
