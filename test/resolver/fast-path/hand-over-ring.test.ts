import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { HandOverRing } from '../../../src/resolver/fast-path/hand-over-ring.ts';
import { SocketAddresses, wordsPerAddress } from '../../../src/system/socket-address.ts';

const peers = new SocketAddresses(Int32Array.from({ length: 2 * wordsPerAddress }, (_, index) => index + 1));
const from = { peers, at: wordsPerAddress };

function datagram(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill & 0xff);
}

describe('the ring between a thread and the resolver', () => {
  it('gives what was written, in order, with the peer it came from', () => {
    const shared = HandOverRing.allocate();
    const [writer, reader] = [new HandOverRing(shared), new HandOverRing(shared)];
    assert.equal(reader.take(), false);
    assert.ok(writer.write(4, Buffer.from('hello'), from));
    assert.ok(writer.writeEnd(4, 107));
    assert.ok(reader.take());
    assert.deepEqual([reader.socket, reader.length, reader.isEnd], [4, 5, false]);
    assert.equal(Buffer.from(reader.octets.slice(reader.at, reader.at + 5)).toString(), 'hello');
    assert.deepEqual(
      [...reader.peers.words.slice(reader.peerAt, reader.peerAt + wordsPerAddress)],
      [9, 10, 11, 12, 13, 14, 15, 16],
    );
    reader.release();
    assert.ok(reader.take());
    assert.deepEqual([reader.socket, reader.isEnd, reader.errno], [4, true, 107]);
    reader.release();
    assert.equal(reader.take(), false);
  });

  it('takes nothing more when it is full, and goes on when there is room again', () => {
    const shared = HandOverRing.allocate();
    const [writer, reader] = [new HandOverRing(shared), new HandOverRing(shared)];
    let written = 0;
    while (writer.write(1, datagram(100, written), from)) written += 1;
    assert.ok(written > 3000, `${written} queries of 100 octets fit`);
    assert.equal(writer.writeEnd(1, 0) && writer.writeEnd(1, 0) && writer.writeEnd(1, 0), false);
    for (let read = 0; read < written; read += 1) {
      assert.ok(reader.take());
      assert.equal(reader.octets[reader.at], read & 0xff);
      reader.release();
    }
    assert.ok(writer.write(1, datagram(100, 0), from));
  });

  it('loses and mixes up nothing, whatever the lengths and whoever is faster', () => {
    const steps = fc.array(fc.oneof(fc.nat(4096), fc.constant('read' as const)), { maxLength: 900 });
    fc.assert(
      fc.property(steps, taken => {
        const shared = HandOverRing.allocate();
        const [writer, reader] = [new HandOverRing(shared), new HandOverRing(shared)];
        const expected: number[] = [];
        let fill = 0;
        const read = (): void => {
          const length = expected.shift();
          assert.equal(reader.take(), length !== undefined);
          if (length === undefined) return;
          assert.equal(reader.length, length);
          const octets = reader.octets.slice(reader.at, reader.at + length);
          assert.ok(octets.every(octet => octet === (length & 0xff)));
          reader.release();
        };
        // Three times over, so that the end of the ring is met.
        for (const step of [...taken, ...taken, ...taken]) {
          fill += 1;
          if (step === 'read') read();
          else if (writer.write(fill, datagram(step, step), from)) expected.push(step);
        }
        while (expected.length > 0) read();
        assert.equal(reader.take(), false);
      }),
      { numRuns: 40 },
    );
  });

  it('wakes who waits, once for all that was written meanwhile, and nobody for nothing', async () => {
    const shared = HandOverRing.allocate();
    const reader = new HandOverRing(shared);
    const module = new URL('../../../src/resolver/fast-path/hand-over-ring.ts', import.meta.url).href;
    const addresses = new URL('../../../src/system/socket-address.ts', import.meta.url).href;
    const writing = `
      const { workerData } = require('node:worker_threads');
      (async () => {
        const { HandOverRing } = await import('${module}');
        const { SocketAddresses } = await import('${addresses}');
        const ring = new HandOverRing(workerData);
        const from = { peers: new SocketAddresses(new Int32Array(8)), at: 0 };
        for (let batch = 0; batch < 2000; batch += 1) {
          for (let each = 0; each < 5; each += 1)
            while (!ring.write(1, new Uint8Array(50), from)) ring.ringBell();
          ring.ringBell();
        }
        while (!ring.writeEnd(1, 0));
        ring.ringBell();
      })();`;
    const worker = new Worker(writing, { eval: true, workerData: shared });
    let [taken, isEnd] = [0, false];
    while (!isEnd) {
      while (reader.take()) {
        if (reader.isEnd) isEnd = true;
        else taken += 1;
        reader.release();
      }
      if (!isEnd) await (reader.untilBell() ?? new Promise(resolve => setImmediate(resolve)));
    }
    assert.equal(taken, 10_000);
    await worker.terminate();
  });
});
