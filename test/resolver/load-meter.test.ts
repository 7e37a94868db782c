import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { Heartbeat } from '../../src/resolver/control.ts';
import { DropCount } from '../../src/resolver/load-meter.ts';
import { connectControl } from '../../src/system/control-socket.ts';
import { eventually } from '../support/eventually.ts';
import { testDeployment } from './test-deployment.ts';
import { openTestResolver } from './test-resolver.ts';

/** What another process does while this one, and the resolver in it, stands still: it sends more than a buffer holds. */
function floodWhileStanding(address: string, port: number): void {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    let left = 30000;
    const send = () => left-- > 0 ? socket.send('x'.repeat(64), ${port}, '${address}', send) : socket.close();
    send();`;
  const { status } = spawnSync(process.execPath, ['-e', script], { timeout: 60_000 });
  assert.equal(status, 0);
}

describe('heartbeats', () => {
  it('tell of a loop that stood still, and of the queries that the kernel dropped meanwhile', async () => {
    const deployment = testDeployment();
    await using resolver = await openTestResolver(deployment);
    const beats: Heartbeat[] = [];
    await using _client = await connectControl(resolver.socketPath, (name, data) => {
      if (name === 'heartbeat') beats.push(data as Heartbeat);
    });
    await eventually(() => assert.ok(beats.length > 2));
    assert.deepEqual([beats[0]?.receiveDrops, beats[0]?.shed], [0, 0]);
    const from = performance.now();
    floodWhileStanding(deployment.service, deployment.port);
    const stoodMs = performance.now() - from;
    const heard = beats.length;
    await eventually(() => {
      const worst = Math.max(...beats.slice(heard).map(({ lagMs }) => lagMs));
      // Never more than a heartbeat short of it.
      assert.ok(worst >= stoodMs - 55, `${worst} of ${stoodMs} ms`);
    });
    await eventually(() => assert.ok((beats.at(-1)?.receiveDrops ?? 0) > 0));
    const [one, two] = beats.slice(-2);
    assert.ok(one && two && two.atMs > one.atMs);
  });
});

describe('a count of drops', () => {
  it('never falls while sockets come and go', () => {
    const count = new DropCount();
    count.add([
      { inode: 'a', drops: 5 },
      { inode: 'b', drops: 1 },
    ]);
    count.add([{ inode: 'a', drops: 7 }]);
    assert.equal(count.total, 8);
    count.add([{ inode: 'c', drops: 2 }]);
    assert.equal(count.total, 10);
    count.add([]);
    assert.equal(count.total, 10);
  });
});
