import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { listenBatchedUdp } from '../../../src/resolver/listeners/batched-udp.ts';
import type { Listener, ListenOptions } from '../../../src/resolver/listeners/listener.ts';
import { createTransportCounters } from '../../../src/resolver/listeners/transport-counters.ts';
import { noProxies } from '../../../src/resolver/listeners/trusted-proxies.ts';
import { listenUdp } from '../../../src/resolver/listeners/udp.ts';
import { whyNoBatchedUdp } from '../../../src/system/batched-udp.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { openLibc } from '../../../src/system/libc.ts';
import { eventually } from '../../support/eventually.ts';
import { openSandbox, whyNoSandbox } from '../../support/sandbox.ts';
import { openThreadsUnderTest } from '../fast-path/threads-under-test.ts';
import { datagrams, withCookie } from './lane-datagrams.ts';

interface Seen {
  readonly from: string;
  readonly port: number;
  readonly name: string;
  readonly lane: string;
  readonly thread: number;
}

const skip = await whyNoBatchedUdp();

describe('the lanes of a service address', { skip: skip ?? (await whyNoSandbox()) ?? false }, () => {
  for (const [service, other] of [
    ['203.0.113.53', '198.51.100.7'],
    ['2001:db8:53::53', '2001:db8::7'],
  ] as const)
    for (const threads of [1, 3])
      it(`are told apart by the kernel, at ${service} with sockets of ${threads} threads`, async () => {
        await using sandbox = await openSandbox();
        for (const address of [service, other]) {
          const flags = address.includes(':') ? ['nodad'] : [];
          const added = await sandbox.exec(['ip', 'address', 'add', address, 'dev', 'lo', ...flags]);
          assert.equal(added.exitCode, 0);
        }
        const program = new URL('./lane-report.ts', import.meta.url).pathname;
        const { stdout, stderr } = await sandbox.exec([
          process.execPath,
          program,
          service,
          other,
          String(threads),
        ]);
        assert.equal(stderr, '');
        const seen = JSON.parse(stdout) as Seen[];
        assert.equal(seen.length, 2 * 40 * Object.keys(datagrams).length);
        const laneOf = ({ from, name }: Seen): string =>
          from === service ? 'own' : withCookie.includes(name) ? 'cookie' : 'plain';
        assert.deepEqual(
          seen.filter(each => each.lane !== laneOf(each)),
          [],
        );
        // A client stays with its thread in each lane. That 40 ports leave out one of three is no matter of this world.
        const threadOf = new Map<string, number>();
        for (const { from, port, thread } of seen) {
          assert.equal(threadOf.get(`${from} ${port}`) ?? thread, thread);
          threadOf.set(`${from} ${port}`, thread);
        }
        for (const lane of ['own', 'plain', 'cookie'])
          assert.equal(
            new Set(seen.filter(each => each.lane === lane).map(each => each.thread)).size,
            threads,
          );
      });
});

/** More than the buffer of a socket and the way to the resolver's own thread hold. */
const flooded = 60_000;

describe('a listener at a service address', { skip: skip ?? false }, () => {
  const own = '127.77.9.53';
  const local = { text: own, family: 4, kind: 'service' } as const;
  const options: ListenOptions = {
    local,
    port: 0,
    responder: (octets, _client, answer) => answer(octets),
    proxies: noProxies,
    counters: createTransportCounters(),
  };

  it('on the resolver’s own thread answers itself and clients with cookies, however many others wait', async () => {
    await using listener = await listenUdp({ ...options, clock: systemClock, libc: await openLibc() });
    await floodAndAsk(listener);
  });

  it('on a thread of its own does so too', async () => {
    await using threads = await openThreadsUnderTest();
    await using listener = await listenBatchedUdp({ ...options, threads });
    await floodAndAsk(listener);
    assert.ok(threads.countOf('shed') > 0, 'the way to the resolver’s own thread was full');
  });

  it('has no lanes without what they need of the system, and answers all the same', async () => {
    await using listener = await listenUdp({ ...options, clock: systemClock });
    using asker = await openAsker(own);
    asker.send('who', listener.port);
    await eventually(() => assert.deepEqual(asker.replies, ['who']));
  });

  it('has its port for itself, so that a stranger who asks to share it is refused', async () => {
    await using listener = await listenUdp({ ...options, clock: systemClock, libc: await openLibc() });
    const stranger = createSocket({ type: 'udp4', reuseAddr: true });
    stranger.bind(listener.port, own);
    await assert.rejects(once(stranger, 'listening'), { code: 'EADDRINUSE' });
  });

  /** While this process does nothing. */
  async function floodAndAsk({ port }: Listener): Promise<void> {
    const script = `
      const socket = require('node:dgram').createSocket('udp4');
      let left = ${flooded};
      const send = () => left-- > 0 ? socket.send('x'.repeat(100), ${port}, '${own}', send) : process.exit(0);
      socket.bind(0, '127.77.9.1', () => { for (let count = 0; count < 100; count += 1) send(); });`;
    using itself = await openAsker(own);
    using client = await openAsker('127.77.9.2');
    assert.equal(spawnSync(process.execPath, ['-e', script], { timeout: 30_000 }).status, 0);
    itself.send('probe', port);
    client.send(datagrams['a whole cookie'], port);
    await eventually(() => assert.deepEqual([itself.replies.length, client.replies.length], [1, 1]));
  }

  async function openAsker(from: string) {
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    const listening = once(socket, 'listening');
    socket.bind(0, from);
    await listening;
    const replies: string[] = [];
    socket.on('message', octets => replies.push(octets.toString('latin1')));
    return {
      replies,
      send: (octets: string | Uint8Array, port: number) => socket.send(octets, port, own),
      [Symbol.dispose]: () => void socket.close(),
    };
  }
});
