import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { memoryBound } from '../../../src/config/resolver/memory-bound.ts';
import { openUdpThreads } from '../../../src/resolver/fast-path/open-udp-threads.ts';
import type { UdpThreads } from '../../../src/resolver/fast-path/udp-threads.ts';
import { listenBatchedUdp } from '../../../src/resolver/listeners/batched-udp.ts';
import type { Listener, ListenOptions } from '../../../src/resolver/listeners/listener.ts';
import { createTransportCounters } from '../../../src/resolver/listeners/transport-counters.ts';
import { noProxies } from '../../../src/resolver/listeners/trusted-proxies.ts';
import { whyNoBatchedUdp } from '../../../src/system/batched-udp.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { openThreadsUnderTest, scripted } from './threads-under-test.ts';

const ipv4 = { text: '127.0.0.1', family: 4, kind: 'service' } as const;
const ipv6 = { text: '::1', family: 6, kind: 'management' } as const;

/** A listener whose responder says that it was the one to answer. */
function listen(threads: UdpThreads, options: Partial<ListenOptions> = {}): Promise<Listener> {
  return listenBatchedUdp({
    threads,
    local: ipv4,
    port: 0,
    proxies: noProxies,
    counters: createTransportCounters(),
    responder: (octets, _client, answer) => answer(Buffer.from(`handed over: ${Buffer.from(octets)}`)),
    ...options,
  });
}

interface Asker extends Disposable {
  readonly port: number;
  ask(text: string, port: number): Promise<string>;
  send(text: string, port: number): void;
  readonly replies: string[];
}

async function openAsker(address = '127.0.0.1'): Promise<Asker> {
  const isIpv4 = address.includes('.');
  const socket: Socket = createSocket({
    type: isIpv4 ? 'udp4' : 'udp6',
    lookup: (host, _options, callback) => callback(null, host, isIpv4 ? 4 : 6),
  });
  // Before the bind: where nothing is to be resolved, it is done at once.
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  const replies: string[] = [];
  socket.on('message', octets => replies.push(octets.toString()));
  const send = (text: string, port: number): void => socket.send(text, port, address);
  return {
    port: socket.address().port,
    replies,
    send,
    ask: async (text, port) => {
      const before = replies.length;
      send(text, port);
      await eventually(() => assert.ok(replies.length > before, `no reply to "${text}"`), { every: 2 });
      return replies[before] ?? '';
    },
    [Symbol.dispose]: () => void socket.close(),
  };
}

describe('a listener thread', { skip: (await whyNoBatchedUdp()) ?? false }, () => {
  it('answers what its fast path decides, hands over what it does not, and is silent where that says so', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    await using listener = await listen(threads);
    using asker = await openAsker();
    assert.equal(await asker.ask('echo this', listener.port), 'echo this');
    assert.equal(await asker.ask('anything', listener.port), 'handed over: anything');
    asker.send('silence', listener.port);
    assert.equal(await asker.ask('echo that', listener.port), 'echo that');
    assert.equal(asker.replies.length, 3);
    assert.deepEqual([threads.countOf('answered'), threads.countOf('handedOver')], [2, 1]);
  });

  it('tells its fast path who asks, on which kind of address, and when', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    for (const [local, words, isService] of [
      [ipv4, '7f000001', 'true'],
      [ipv6, '00000000 00000000 00000000 00000001', 'false'],
    ] as const) {
      await using listener = await listen(threads, { local });
      using asker = await openAsker(local.text);
      assert.equal(await asker.ask('words', listener.port), words);
      assert.equal(await asker.ask('service', listener.port), isService);
      const [fromWallMs, fromMs] = [Date.now(), systemClock.monotonicMs()];
      const { wallMs, monotonicMs } = JSON.parse(await asker.ask('time', listener.port));
      assert.ok(wallMs >= fromWallMs && wallMs <= Date.now());
      assert.ok(monotonicMs >= fromMs && monotonicMs <= systemClock.monotonicMs());
    }
  });

  it('answers for several sockets, those of a quiet one too while another is flooded', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    await using flooded = await listen(threads);
    await using quiet = await listen(threads, { local: ipv6 });
    using flooding = await openAsker();
    using asker = await openAsker('::1');
    let isOver = false;
    const flood = async (): Promise<void> => {
      while (!isOver) {
        for (let count = 0; count < 200; count += 1) flooding.send('silence', flooded.port);
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    const under = flood();
    for (let count = 0; count < 20; count += 1)
      assert.equal(await asker.ask(`echo ${count}`, quiet.port), `echo ${count}`);
    isOver = true;
    await under;
  });

  it('is one of several that share an address; a client stays with its thread', async () => {
    await using threads = await openThreadsUnderTest({ threads: 3, fastPath: scripted(() => '') });
    await using listener = await listen(threads);
    const seen = new Set<string>();
    // Clients are dealt out by a hash of their port: that 40 of them leave out one of three is no matter of this world.
    for (let count = 0; count < 40; count += 1) {
      using asker = await openAsker();
      const thread = await asker.ask('thread', listener.port);
      assert.equal(await asker.ask('thread', listener.port), thread);
      seen.add(thread);
    }
    assert.equal(seen.size, 3);
  });

  it('begins its fast path anew when it is told to, without a pause', async () => {
    let shared = 'before';
    await using threads = await openThreadsUnderTest({ threads: 2, fastPath: scripted(() => shared) });
    await using listener = await listen(threads);
    using asker = await openAsker();
    assert.equal(await asker.ask('shared', listener.port), 'before');
    shared = 'after';
    threads.renew();
    await eventually(async () => assert.equal(await asker.ask('shared', listener.port), 'after'));
    assert.equal(threads.losses, 0);
  });

  it('that ends is replaced, and what was sent meanwhile is answered by the next', async () => {
    const lines: string[] = [];
    const log = createLog('resolver', 'fra', 'silent');
    log.error = (_fields: unknown, line?: string) => void lines.push(line ?? '');
    let shared = 'old';
    await using threads = await openThreadsUnderTest({ log, fastPath: scripted(() => shared) });
    await using listener = await listen(threads);
    using asker = await openAsker();
    shared = 'new';
    threads.renew();
    await asker.ask('echo before', listener.port);
    asker.send('exit', listener.port);
    await eventually(() => assert.equal(threads.losses, 1), { every: 1 });
    // Nobody reads now: the next thread is not there yet.
    const meanwhile = ['shared', 'anything', ...Array.from({ length: 100 }, (_, index) => `echo ${index}`)];
    asker.replies.length = 0;
    for (const text of meanwhile) asker.send(text, listener.port);
    await eventually(() => assert.equal(asker.replies.length, meanwhile.length));
    assert.deepEqual(
      asker.replies.toSorted(),
      ['new', 'handed over: anything', ...meanwhile.slice(2)].toSorted(),
    );
    assert.deepEqual(lines, ['listener thread lost']);
    await using other = await listen(threads, { local: ipv6 });
    using second = await openAsker('::1');
    assert.equal(await second.ask('echo too', other.port), 'echo too');
  });

  it('survives a fast path that throws: the query is handed over and the fault counted', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    await using listener = await listen(threads);
    using asker = await openAsker();
    assert.equal(await asker.ask('throw', listener.port), 'handed over: throw');
    assert.deepEqual([threads.countOf('faults'), threads.losses], [1, 0]);
  });

  it('that hangs is noticed, does not keep a listener from ending, and is replaced', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    using asker = await openAsker();
    await using other = await listen(threads, { local: ipv6 });
    const listener = await listen(threads);
    await asker.ask('echo', listener.port);
    await eventually(() => assert.equal(threads.stalledMs, 0));
    asker.send('hang', listener.port);
    await eventually(() => assert.ok(threads.stalledMs > 100));
    await listener[Symbol.asyncDispose]();
    assert.equal(threads.losses, 1);
    using second = await openAsker('::1');
    assert.equal(await second.ask('echo again', other.port), 'echo again');
    await eventually(() => assert.equal(threads.stalledMs, 0));
  });

  it('sheds what the resolver does not take in time, and counts it', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    let handed = 0;
    await using listener = await listen(threads, {
      responder: (_octets, _client, answer) => {
        handed += 1;
        answer(undefined);
      },
    });
    using asker = await openAsker();
    // The event loop stands still meanwhile, so that nothing is taken.
    const untilMs = performance.now() + 10_000;
    while (threads.countOf('shed') === 0 && performance.now() < untilMs)
      asker.send('x'.repeat(1000), listener.port);
    const shed = threads.countOf('shed');
    assert.ok(shed > 0);
    await eventually(() => assert.equal(handed, threads.countOf('handedOver')));
    assert.ok(handed > 400, `${handed} were kept`);
  });

  it('waits, at the end of a listener, for room in a full ring', async () => {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => gate) });
    let handed = 0;
    await using listener = await listen(threads, {
      responder: (_octets, _client, answer) => {
        handed += 1;
        answer(undefined);
      },
    });
    using asker = await openAsker();
    asker.send('wait', listener.port);
    await eventually(() => assert.ok(threads.stalledMs > 20));
    // Twice what the ring has room for. The thread takes eight batches before it hears that it is to end.
    for (let count = 0; count < 1000; count += 1) asker.send('x'.repeat(1000), listener.port);
    listener.stopAccepting();
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    // The event loop stands still for as long as the thread would need to shed the rest.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    await eventually(() => assert.equal(listener.pending, 0));
    assert.ok(
      handed > 0 && threads.countOf('shed') < 100,
      `${handed} taken, ${threads.countOf('shed')} shed`,
    );
  });

  it('that cannot begin is said so in the log, and there are none', async () => {
    const lines: unknown[] = [];
    const log = createLog('resolver', 'fra', 'silent');
    log.warn = (fields: unknown) => void lines.push(fields);
    const threads = await openUdpThreads({
      threads: 2,
      clock: systemClock,
      log,
      fastPath: scripted(() => 'unusable'),
    });
    assert.equal(threads, undefined);
    assert.deepEqual(lines, [{ why: 'it cannot be used' }]);
  });

  it('that hangs is replaced after so many heartbeats, however long they are apart', async () => {
    const lines: string[] = [];
    const log = createLog('resolver', 'fra', 'silent');
    log.error = (_fields: unknown, line?: string) => void lines.push(line ?? '');
    await using threads = await openThreadsUnderTest({ log, fastPath: scripted(() => '') });
    await using listener = await listen(threads);
    using asker = await openAsker();
    const beat = (times: number): void => {
      for (let count = 0; count < times; count += 1) threads.beat();
    };
    const waits = (): Promise<void> => eventually(() => assert.equal(threads.stalledMs, 0));
    // One that waits, and one that has done something since, hang at nothing. It waits only after it has begun.
    await asker.ask('echo', listener.port);
    await waits();
    beat(30);
    for (let count = 0; count < 3; count += 1) {
      beat(15);
      await asker.ask('echo', listener.port);
    }
    asker.send('hang', listener.port);
    await eventually(() => assert.ok(threads.stalledMs > 100));
    beat(20);
    await new Promise(resolve => setTimeout(resolve, 100));
    assert.deepEqual([threads.losses, lines], [0, []]);
    beat(1);
    assert.equal(await asker.ask('echo again', listener.port), 'echo again');
    assert.equal(threads.losses, 1);
    assert.deepEqual(lines, ['listener thread hangs', 'listener thread lost']);
    await waits();
    beat(30);
    assert.equal(await asker.ask('echo still', listener.port), 'echo still');
    assert.equal(threads.losses, 1);
  });

  it('that wants more memory than a thread may have is replaced, and nothing else ends', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    await using listener = await listen(threads);
    using asker = await openAsker();
    const before = process.memoryUsage().rss;
    asker.send('hoard', listener.port);
    await eventually(() => assert.equal(threads.losses, 1), { within: 20_000 });
    assert.equal(await asker.ask('echo again', listener.port), 'echo again');
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < memoryBound({ cache: { maxBytes: 0 }, threads: 1, workers: 0 }), `grown by ${grown}`);
  });

  it('wakes nobody while there is nothing to do', async () => {
    await using threads = await openThreadsUnderTest({ fastPath: scripted(() => '') });
    await using listener = await listen(threads);
    using asker = await openAsker();
    await asker.ask('echo', listener.port);
    await eventually(() => assert.equal(threads.stalledMs, 0));
    const before = threads.countOf('rounds');
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.ok(threads.countOf('rounds') - before <= 3);
  });
});
