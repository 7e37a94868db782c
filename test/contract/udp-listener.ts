/** The behaviour that every listener over UDP owes, over real sockets and both address families, as one suite. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parseIpPrefix } from '../../src/ip/prefix.ts';
import type { Client, LocalAddress } from '../../src/resolver/listeners/client.ts';
import type { Answer, Listener, ListenOptions, Responder } from '../../src/resolver/listeners/listener.ts';
import { createTransportCounters } from '../../src/resolver/listeners/transport-counters.ts';
import { noProxies, TrustedProxies } from '../../src/resolver/listeners/trusted-proxies.ts';
import { ipv4, proxyHeader } from '../resolver/listeners/proxy-headers.ts';
import { eventually } from '../support/eventually.ts';

/** What listens, and whatever it needs for that. */
export interface UdpBench extends AsyncDisposable {
  listen(options: ListenOptions): Promise<Listener>;
}

export interface UdpListenerUnderTest {
  readonly kind: string;
  /** Why it cannot run here, if so. */
  readonly skip: string | undefined;
  open(): Promise<UdpBench>;
}

/** An address that is none of the machine's, and two that all machines have; the first by no other name. */
const absent: Readonly<Record<4 | 6, string>> = { 4: '203.0.113.199', 6: '2001:db8:ffff::199' };
const addresses: readonly LocalAddress[] = [
  { text: '127.77.7.53', family: 4, kind: 'service' },
  { text: '::1', family: 6, kind: 'management' },
];

interface Bench {
  readonly bench: UdpBench;
  readonly local: LocalAddress;
}

type Check = (bench: Bench) => Promise<void>;

const echo: Responder = (octets, _client, answer) => answer(octets);

function listen({ bench, local }: Bench, options: Partial<ListenOptions>): Promise<Listener> {
  const shared = { proxies: noProxies, counters: createTransportCounters(), responder: echo };
  return bench.listen({ local, port: 0, ...shared, ...options });
}

interface TestClient extends Disposable {
  readonly socket: Socket;
  readonly port: number;
  /** Replies so far, and whom they came from. */
  readonly replies: { readonly text: string; readonly octets: Buffer; readonly from: RemoteInfo }[];
  /** In the kernel's hands when this returns. */
  send(octets: Uint8Array | string, port: number): void;
}

async function openClient({ local }: { readonly local: LocalAddress }): Promise<TestClient> {
  const socket = createSocket({
    type: local.family === 4 ? 'udp4' : 'udp6',
    recvBufferSize: 1024 * 1024,
    lookup: (address, _options, callback) => callback(null, address, local.family),
  });
  // Before the bind: where nothing is to be resolved, it is done at once.
  const listening = once(socket, 'listening');
  socket.bind(0, local.family === 4 ? '127.77.7.1' : '::1');
  await listening;
  const replies: TestClient['replies'] = [];
  socket.on('message', (octets, from) => replies.push({ text: octets.toString('latin1'), octets, from }));
  let isClosed = false;
  socket.once('close', () => {
    isClosed = true;
  });
  return {
    socket,
    port: socket.address().port,
    replies,
    send: (octets, port) => socket.send(octets, port, local.text),
    [Symbol.dispose]: () => {
      if (!isClosed) socket.close();
    },
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Answers nothing before it is told to. */
function patientResponder(): { waiting: { octets: Uint8Array; answer: Answer }[]; responder: Responder } {
  const waiting: { octets: Uint8Array; answer: Answer }[] = [];
  return { waiting, responder: (octets, _client, answer) => void waiting.push({ octets, answer }) };
}

const claims: Readonly<Record<string, Check>> = {
  'answers from the address and port that were asked, and knows who asked': async bench => {
    const clients: Client[] = [];
    await using listener = await listen(bench, {
      responder: (octets, client, answer) => {
        clients.push({ ...client });
        answer(Buffer.concat([octets, Buffer.from('!')]));
      },
    });
    using client = await openClient(bench);
    client.send('who', listener.port);
    await eventually(() => assert.equal(client.replies[0]?.text, 'who!'));
    assert.deepEqual(
      client.replies.map(({ from }) => [from.address, from.port]),
      [[bench.local.text, listener.port]],
    );
    const address = client.socket.address();
    assert.deepEqual(clients, [
      { transport: 'udp', address: address.address, port: address.port, local: bench.local },
    ]);
  },
  'answers many queries at once, each to the one who asked it': async bench => {
    await using listener = await listen(bench, {});
    await using parts = new AsyncDisposableStack();
    const clients = await Promise.all(range(8).map(async () => parts.use(await openClient(bench))));
    const texts = (client: TestClient): string[] => range(100).map(index => `${client.port} ${index}`);
    for (const client of clients) for (const text of texts(client)) client.send(text, listener.port);
    for (const client of clients)
      await eventually(() =>
        assert.deepEqual(client.replies.map(({ text }) => text).sort(), texts(client).sort()),
      );
    assert.equal(listener.pending, 0);
  },
  'answers of any size, an empty query too': async bench => {
    const sizes = [0, 1, 1232, 4096, 20_000, 60_000];
    await using listener = await listen(bench, {
      responder: (octets, _client, answer) => {
        const size = octets.length === 0 ? 0 : Number(Buffer.from(octets).toString());
        answer(new Uint8Array(size).fill(size & 0xff));
      },
    });
    for (const size of sizes) {
      using client = await openClient(bench);
      client.send(size === 0 ? '' : String(size), listener.port);
      await eventually(() => assert.equal(client.replies.length, 1));
      assert.deepEqual(client.replies[0]?.octets, Buffer.alloc(size, size & 0xff));
    }
  },
  'a query of several thousand octets comes whole': async bench => {
    await using listener = await listen(bench, {});
    using client = await openClient(bench);
    const long = Buffer.from(range(4000).map(index => index % 251));
    client.send(long, listener.port);
    await eventually(() => assert.ok(client.replies[0]?.octets.equals(long)));
  },
  'may answer later, in any order, or not at all': async bench => {
    const { waiting, responder } = patientResponder();
    await using listener = await listen(bench, { responder });
    using client = await openClient(bench);
    for (const text of ['one', 'two', 'three']) client.send(text, listener.port);
    await eventually(() => assert.equal(waiting.length, 3));
    assert.equal(listener.pending, 3);
    const [one, two, three] = waiting;
    three?.answer(three.octets);
    two?.answer(undefined);
    one?.answer(one.octets);
    assert.equal(listener.pending, 0);
    await eventually(() =>
      assert.deepEqual(
        client.replies.map(({ text }) => text),
        ['three', 'one'],
      ),
    );
  },
  'what it gave to the responder is not overwritten by what comes later': async bench => {
    const { waiting, responder } = patientResponder();
    await using listener = await listen(bench, { responder });
    using client = await openClient(bench);
    client.send('first', listener.port);
    await eventually(() => assert.equal(waiting.length, 1));
    for (const index of range(300)) client.send(`later ${index}`, listener.port);
    await eventually(() => assert.equal(waiting.length, 301));
    assert.equal(Buffer.from(waiting[0]?.octets ?? []).toString(), 'first');
    for (const { answer } of waiting) answer(undefined);
  },
  'goes on when clients are gone before their answer': async bench => {
    const { waiting, responder } = patientResponder();
    await using listener = await listen(bench, { responder });
    const failures: Error[] = [];
    void listener.failed.then(error => failures.push(error));
    using patient = await openClient(bench);
    for (const _ of range(5)) {
      using gone = await openClient(bench);
      for (const index of range(20)) gone.send(`gone ${index}`, listener.port);
    }
    patient.send('here', listener.port);
    await eventually(() => assert.equal(waiting.length, 101));
    // Twice: what the kernel has heard of a refusal it would say at the next call.
    for (const { octets, answer } of waiting) answer(octets);
    await eventually(() => assert.equal(patient.replies[0]?.text, 'here'));
    waiting.length = 0;
    patient.send('still here', listener.port);
    await eventually(() => assert.equal(waiting.length, 1));
    waiting[0]?.answer(waiting[0].octets);
    await eventually(() => assert.equal(patient.replies[1]?.text, 'still here'));
    assert.deepEqual(failures, []);
  },
  'answers all that had arrived before it stopped, and nothing after': async bench => {
    const { waiting, responder } = patientResponder();
    await using listener = await listen(bench, { responder });
    using client = await openClient(bench);
    for (const index of range(200)) client.send(`before ${index}`, listener.port);
    listener.stopAccepting();
    await eventually(() => assert.equal(waiting.length, 200));
    await eventually(() => assert.equal(listener.pending, 200));
    for (const index of range(20)) client.send(`after ${index}`, listener.port);
    for (const { octets, answer } of waiting) answer(octets);
    await eventually(() => assert.equal(client.replies.length, 200));
    assert.equal(listener.pending, 0);
    assert.deepEqual(
      client.replies.filter(({ text }) => !text.startsWith('before')),
      [],
    );
  },
  'counts as pending what had arrived when it stopped': async bench => {
    let answered = 0;
    await using listener = await listen(bench, {
      responder: (octets, _client, answer) => {
        answered += 1;
        answer(octets);
      },
    });
    using client = await openClient(bench);
    for (const index of range(100)) client.send(`${index}`, listener.port);
    listener.stopAccepting();
    assert.ok(listener.pending > 0);
    await eventually(() => assert.equal(listener.pending, 0), { every: 1 });
    assert.equal(answered, 100);
    await listener[Symbol.asyncDispose]();
    await eventually(() => assert.equal(client.replies.length, 100));
  },
  'listens on the same port again at once, after it was disposed of': async bench => {
    let port = 0;
    for (const round of range(5)) {
      await using listener = await listen(bench, { port });
      port = listener.port;
      using client = await openClient(bench);
      client.send(`round ${round}`, port);
      await eventually(() => assert.equal(client.replies[0]?.text, `round ${round}`));
    }
  },
  'an answer after the end, and a second end, do nothing': async bench => {
    const { waiting, responder } = patientResponder();
    const listener = await listen(bench, { responder });
    using client = await openClient(bench);
    client.send('too late', listener.port);
    await eventually(() => assert.equal(waiting.length, 1));
    await listener[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
    waiting[0]?.answer(waiting[0].octets);
    await using _other = await listen(bench, { port: listener.port });
    client.send('in time', listener.port);
    await eventually(() => assert.equal(client.replies[0]?.text, 'in time'));
  },
  'says that another has the port, or that the address is absent, as Node does': async bench => {
    await using listener = await listen(bench, {});
    await assert.rejects(listen(bench, { port: listener.port }), { code: 'EADDRINUSE', syscall: 'bind' });
    const local = { ...bench.local, text: absent[bench.local.family] };
    await assert.rejects(listen(bench, { local }), { code: 'EADDRNOTAVAIL', syscall: 'bind' });
  },
  'does not hear what comes from port 0, where nobody can be answered': async bench => {
    if (bench.local.family === 6) return;
    const heard: string[] = [];
    await using listener = await listen(bench, {
      responder: (octets, _client, answer) => {
        heard.push(Buffer.from(octets).toString());
        answer(octets);
      },
    });
    const sender = join(import.meta.dirname, '../support/portless-datagram.py');
    const { status } = spawnSync('python3', [sender, bench.local.text, String(listener.port)]);
    assert.ok(status === 0 || status === 3, `exit code ${status}`);
    using client = await openClient(bench);
    client.send('from somewhere', listener.port);
    await eventually(() => assert.equal(client.replies[0]?.text, 'from somewhere'));
    assert.deepEqual(heard, ['from somewhere']);
  },
  'behind a trusted proxy has the address that the proxy says, and answers the proxy': async bench => {
    const own = bench.local.family === 4 ? '127.77.7.1/32' : '::1/128';
    const counters = createTransportCounters();
    const clients: Client[] = [];
    await using listener = await listen(bench, {
      counters,
      proxies: new TrustedProxies([parseIpPrefix(own)].filter(prefix => prefix !== undefined)),
      responder: (octets, client, answer) => {
        clients.push({ ...client });
        answer(octets);
      },
    });
    using proxy = await openClient(bench);
    proxy.send('without a header', listener.port);
    const header = proxyHeader({ familyAndProtocol: 0x12, rest: ipv4('198.18.0.7') });
    proxy.send(Buffer.concat([header, Buffer.from('for another')]), listener.port);
    await eventually(() => assert.equal(proxy.replies[0]?.text, 'for another'));
    assert.deepEqual(
      clients.map(({ address }) => address),
      ['198.18.0.7'],
    );
    assert.equal(counters.badProxyHeaders.udp, 1);
    assert.equal(listener.pending, 0);
  },
};

export function udpListenerContract(under: UdpListenerUnderTest): void {
  for (const local of addresses)
    suite(`UDP listener, ${under.kind}, on ${local.text}`, { skip: under.skip ?? false }, () => {
      let bench: UdpBench;
      before(async () => {
        bench = await under.open();
      });
      after(async () => await bench?.[Symbol.asyncDispose]());
      for (const [claim, check] of Object.entries(claims)) test(claim, async () => check({ bench, local }));
    });
}
