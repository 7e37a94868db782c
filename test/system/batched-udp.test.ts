import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../src/ip/address.ts';
import {
  closeDescriptor,
  openUdpSocket,
  portOf,
  sharePort,
  type UdpSocketOptions,
  whyNoBatchedUdp,
} from '../../src/system/batched-udp.ts';
import { batchSize, datagramOctets, ReceiveBatch, SendBatch } from '../../src/system/datagram-batch.ts';
import { type Libc, openLibc } from '../../src/system/libc.ts';
import { PollSet, WakeUp } from '../../src/system/poll-set.ts';
import { encodeEndpoint, SocketAddresses, wordsPerAddress } from '../../src/system/socket-address.ts';
import { UdpSocketTables } from '../../src/system/udp-sockets.ts';
import { eventually } from '../support/eventually.ts';

interface OpenSocket extends Disposable {
  readonly fd: number;
  readonly port: number;
  readonly octets: Uint8Array;
}

function open(
  libc: Libc,
  address: string,
  options: Partial<UdpSocketOptions> & { port?: number } = {},
): OpenSocket {
  const octets = parseIpAddress(address)?.octets ?? new Uint8Array();
  const { port = 0, ...others } = options;
  const fd = openUdpSocket(libc, { endpoint: { octets, port }, ...others });
  return { fd, octets, port: portOf(libc, fd), [Symbol.dispose]: () => closeDescriptor(libc, fd) };
}

/** An address as one that has been received. */
function peerOf(octets: Uint8Array, port: number): SocketAddresses {
  const words = new Int32Array(wordsPerAddress);
  new Uint8Array(words.buffer).set(encodeEndpoint({ octets, port }));
  return new SocketAddresses(words);
}

async function openNodeSocket(address: string): Promise<Socket> {
  const isIpv4 = address.includes('.');
  const socket = createSocket({
    type: isIpv4 ? 'udp4' : 'udp6',
    lookup: (host, _options, callback) => callback(null, host, isIpv4 ? 4 : 6),
  });
  // Before the bind: where nothing is to be resolved, it is done at once.
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  return socket;
}

function textOf(batch: ReceiveBatch, slot: number): string {
  const at = batch.offsetOf(slot);
  return Buffer.from(batch.octets.slice(at, at + batch.lengthOf(slot))).toString('latin1');
}

/** Everything that arrives until there are `count`. */
async function receive(batch: ReceiveBatch, fd: number, count: number): Promise<string[]> {
  const texts: string[] = [];
  await eventually(
    () => {
      for (let taken = batch.receive(fd); taken > 0; taken = batch.receive(fd))
        for (let slot = 0; slot < taken; slot += 1) texts.push(textOf(batch, slot));
      assert.equal(texts.length, count);
    },
    { every: 2 },
  );
  return texts;
}

describe('batched UDP', { skip: (await whyNoBatchedUdp()) ?? false }, async () => {
  const libc = await openLibc();

  for (const address of ['127.0.0.1', '::1']) {
    it(`on ${address} takes datagrams with their peers, at most a batch in a call`, async () => {
      using socket = open(libc, address);
      const sender = await openNodeSocket(address);
      const batch = new ReceiveBatch(libc);
      assert.equal(batch.receive(socket.fd), 0);
      const texts = Array.from({ length: batchSize + 6 }, (_, index) => `number ${index}`);
      for (const text of texts) sender.send(text, socket.port, address);
      await eventually(() => assert.equal(batch.receive(socket.fd), batchSize));
      const seen = Array.from({ length: batchSize }, (_, slot) => textOf(batch, slot));
      const words = new Int32Array(4);
      const count = batch.peers.readWords(batch.peerOf(3), words);
      assert.deepEqual([...words.subarray(0, count)], address === '::1' ? [0, 0, 0, 1] : [0x7f000001]);
      assert.deepEqual(batch.peers.octetsAt(batch.peerOf(3)), socket.octets);
      assert.equal(batch.peers.portAt(batch.peerOf(3)), sender.address().port);
      assert.deepEqual([...seen, ...(await receive(batch, socket.fd, 6))], texts);
      sender.close();
    });

    it(`on ${address} sends batches, each datagram to its own peer, and skips what cannot be sent`, async () => {
      using socket = open(libc, address);
      const [first, second] = [await openNodeSocket(address), await openNodeSocket(address)];
      const received: [number, string][] = [];
      for (const [index, each] of [first, second].entries())
        each.on('message', text => received.push([index, String(text)]));
      const batch = new SendBatch(libc, 4096);
      const put = (text: string, port: number): void => {
        assert.ok(batch.hasRoomFor(text.length));
        batch.octets.set(Buffer.from(text), batch.next);
        batch.add(text.length, peerOf(socket.octets, port), 0);
      };
      for (const _ of [0, 1]) {
        put('to the first', first.address().port);
        put('to nobody', 0);
        put('', first.address().port);
        put('to the second', second.address().port);
        put('to nobody either', 0);
        assert.equal(batch.send(socket.fd, 0), 2);
        assert.deepEqual([batch.count, batch.next], [0, 0]);
        await eventually(() => assert.equal(received.length, 3));
        assert.deepEqual(
          received.sort().map(([index, text]) => `${index} ${text}`),
          ['0 ', '0 to the first', '1 to the second'],
        );
        received.length = 0;
      }
      for (const each of [first, second]) each.close();
    });
  }

  it('has no more room than it says', () => {
    const batch = new SendBatch(libc, 1000);
    assert.ok(batch.hasRoomFor(1000));
    assert.ok(!batch.hasRoomFor(1001));
    batch.add(500, peerOf(Uint8Array.of(127, 0, 0, 1), 9), 0);
    assert.ok(batch.next >= 500 && !batch.hasRoomFor(501));
    const many = new SendBatch(libc, 100_000);
    for (let count = 0; count < batchSize; count += 1) {
      assert.ok(many.hasRoomFor(10));
      many.add(10, peerOf(Uint8Array.of(127, 0, 0, 1), 9), 0);
    }
    assert.ok(!many.hasRoomFor(10));
  });

  it('takes 4096 octets whole, and says of a longer datagram that this is its beginning', async () => {
    using socket = open(libc, '127.0.0.1');
    const sender = await openNodeSocket('127.0.0.1');
    const batch = new ReceiveBatch(libc);
    const octets = Buffer.from(Array.from({ length: datagramOctets + 1 }, (_, index) => index % 253));
    for (const length of [datagramOctets, datagramOctets + 1]) {
      sender.send(octets.subarray(0, length), socket.port, '127.0.0.1');
      await eventually(() => assert.equal(batch.receive(socket.fd), 1));
      assert.equal(batch.isTruncated(0), length > datagramOctets);
      assert.equal(batch.lengthOf(0), datagramOctets);
      assert.deepEqual(
        Buffer.from(batch.octets.subarray(0, datagramOctets)),
        octets.subarray(0, datagramOctets),
      );
    }
    sender.close();
  });

  it('throws as Node does: when the port is taken, the address absent, the descriptor none', () => {
    using socket = open(libc, '127.0.0.1');
    const taken = { code: 'EADDRINUSE', syscall: 'bind', errno: -98 };
    assert.throws(() => open(libc, '127.0.0.1', { port: socket.port }), taken);
    assert.throws(() => open(libc, '127.0.0.1', { port: socket.port, joinsPort: true }), taken);
    assert.throws(() => open(libc, '203.0.113.199'), { code: 'EADDRNOTAVAIL', syscall: 'bind' });
    assert.throws(() => new ReceiveBatch(libc).receive(-1), { code: 'EBADF', syscall: 'recvmmsg' });
  });

  it('leaves the IPv4 port free where it has that of IPv6', () => {
    using ipv6 = open(libc, '::');
    using ipv4 = open(libc, '0.0.0.0', { port: ipv6.port });
    assert.equal(ipv4.port, ipv6.port);
  });

  it('shares a port with those that join it; what each had to drop is in the kernel’s tables', async () => {
    await using tables = new UdpSocketTables();
    using first = open(libc, '127.0.0.1', { receiveBufferOctets: 4096 });
    sharePort(libc, first.fd);
    const { octets, port } = first;
    using second = open(libc, '127.0.0.1', { port, joinsPort: true, receiveBufferOctets: 4096 });
    assert.equal(second.port, port);
    const drops = async (): Promise<number[]> =>
      (await tables.countsOf([{ octets, port }])).map(count => count.drops);
    assert.deepEqual(await drops(), [0, 0]);
    const script = `
      const { createSocket } = require('node:dgram');
      for (let client = 0; client < 30; client += 1) {
        const socket = createSocket('udp4');
        let left = 40;
        const send = () => left-- > 0 ? socket.send('x', ${port}, '127.0.0.1', send) : socket.close();
        send();
      }`;
    assert.equal(spawnSync(process.execPath, ['-e', script], { timeout: 30_000 }).status, 0);
    const after = await drops();
    assert.ok(
      after.length === 2 && after.every(count => count > 0),
      `dropped ${after.join(' and ')} of 1200 that 30 clients sent`,
    );
  });
});

describe('waiting for several sockets', { skip: (await whyNoBatchedUdp()) ?? false }, async () => {
  const libc = await openLibc();

  it('ends with the first that has something, and tells which', async () => {
    using one = open(libc, '127.0.0.1');
    using other = open(libc, '127.0.0.1');
    const poll = new PollSet(libc);
    poll.watch([one.fd, other.fd]);
    poll.wait(0);
    assert.deepEqual([poll.isReady(0), poll.isReady(1)], [false, false]);
    const sender = await openNodeSocket('127.0.0.1');
    sender.send('x', other.port, '127.0.0.1');
    poll.wait(5000);
    assert.deepEqual([poll.isReady(0), poll.isReady(1)], [false, true]);
    sender.close();
  });

  it('tells of a descriptor that is none', () => {
    const poll = new PollSet(libc);
    poll.watch([1_000_000]);
    poll.wait(5000);
    assert.ok(poll.isReady(0));
  });

  it('ends with a wake-up, which stays until it is cleared', () => {
    using wakeUp = new WakeUp(libc);
    const poll = new PollSet(libc);
    poll.watch([wakeUp.fd]);
    poll.wait(0);
    assert.ok(!poll.isReady(0));
    const same = new WakeUp(libc, wakeUp.fd);
    for (let times = 0; times < 3; times += 1) same.ring();
    for (let times = 0; times < 2; times += 1) {
      poll.wait(5000);
      assert.ok(poll.isReady(0));
    }
    wakeUp.clear();
    poll.wait(0);
    assert.ok(!poll.isReady(0));
  });
});
