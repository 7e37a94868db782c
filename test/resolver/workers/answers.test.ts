/** The whole resolver, with and without workers: nobody outside can tell them apart. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { askControl, connectControl } from '../../../src/system/control-socket.ts';
import { eventually } from '../../support/eventually.ts';
import { openUniverse, type ServerScript, serve, type Universe } from '../iterator/universe.ts';
import { a, cname, edns, query, txt } from '../messages.ts';
import { openUpstream, replyTo } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { askUdp, openTestResolver } from '../test-resolver.ts';

const hosts = Array.from({ length: 30 }, (_, index) => `host${index}.leaf.test.`);

/** root 10, test. 11, leaf.test. 12; silent.test. is delegated to nobody. */
const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: { 'test.': { ns: ['ns.nic.test.'], glue: [a('ns.nic.test.', at(11))] } },
  },
  11: {
    origin: 'test.',
    records: [a('ns.nic.test.', at(11))],
    delegations: {
      'leaf.test.': { ns: ['ns.leaf.test.'], glue: [a('ns.leaf.test.', at(12))] },
      'silent.test.': { ns: ['ns.silent.test.'], glue: [a('ns.silent.test.', at(99))] },
    },
  },
  12: {
    origin: 'leaf.test.',
    records: [
      ...hosts.map((host, index) => a(host, `192.0.2.${index + 1}`)),
      cname('alias.leaf.test.', 'host1.leaf.test.'),
      cname('away.leaf.test.', 'www.forwarded.test.'),
      cname('round.leaf.test.', 'about.leaf.test.'),
      cname('about.leaf.test.', 'round.leaf.test.'),
      txt('host0.leaf.test.', 'leaf'),
    ],
  },
});

const deep = [
  a('v.w.x.y.leaf.test.', '192.0.2.1'),
  cname('w.x.y.leaf.test.', 'a.b.c.d.e.leaf.test.'),
  a('a.b.c.d.e.leaf.test.', '192.0.2.15'),
];

const questions = [
  ...hosts.slice(0, 8).map(host => [host, 'A']),
  ['host0.leaf.test.', 'TXT'],
  ['host0.leaf.test.', 'AAAA'],
  ['host0.leaf.test.', 'ANY'],
  ['HOST5.leaf.TEST.', 'A'],
  ['none.leaf.test.', 'A'],
  ['below.host1.leaf.test.', 'A'],
  ['alias.leaf.test.', 'A'],
  ['alias.leaf.test.', 'CNAME'],
  ['round.leaf.test.', 'A'],
  ['away.leaf.test.', 'A'],
  ['www.forwarded.test.', 'A'],
  ['none.forwarded.test.', 'A'],
  ['test.', 'NS'],
  ['.', 'NS'],
] as const;

async function openWith(
  workers: number,
  resolver: readonly string[] = [],
): Promise<Universe & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const universe = parts.use(
    await openUniverse({
      servers: tree,
      forward: { 'forwarded.test.': [0] },
      resolver: [`workers: ${workers}`, ...resolver],
    }),
  );
  const { upstreams, upstreamPort } = universe.deployment;
  parts.use(
    await openUpstream(upstreams[0], upstreamPort, ({ query: asked, send }) => {
      const isThere = Buffer.from(asked.questions[0]?.name ?? []).includes('www');
      const answers = isThere ? [a('www.forwarded.test.', '198.51.100.9')] : [];
      send(replyTo(asked, { rcode: isThere ? rcodes.NOERROR : rcodes.NXDOMAIN, answers }));
    }),
  );
  const moved = parts.move();
  return { ...universe, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

async function asking({ service, port }: TestDeployment, name: string, withinMs = 5000): Promise<Message> {
  const asked = query(name, 'A', { edns: edns() });
  return decodeMessage(await askUdp(encodeMessage(asked), { address: service, port }, withinMs));
}

async function answersOf(universe: Universe): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [name, type] of questions) {
    const { status, flags, answers, authorities, text } = await universe.dig(name, type);
    const reason = /EDE: .*/.exec(text)?.[0];
    all.push({ name, type, status, flags, answers: answers.toSorted(), authorities, reason });
  }
  return all;
}

describe('a resolver with two workers', () => {
  it('answers as one without', async () => {
    await using without = await openWith(0);
    await using withThem = await openWith(2);
    assert.deepEqual(await answersOf(withThem), await answersOf(without));
    const asked = [0, 1].map(number =>
      withThem.metric(`anycast_resolver_worker_questions_total{worker="${number}"}`),
    );
    const [first = 0, second = 0] = await Promise.all(asked);
    assert.ok(first > 0 && second > 0, `${first} and ${second}`);
  });

  it('counts as one without', async () => {
    const series = [
      'anycast_resolver_upstream_messages_total{outcome="answered"}',
      'anycast_resolver_recursion_limits_total{limit="aliases"}',
      'anycast_resolver_cache_entries{cache="answers"}',
      'anycast_resolver_upstream_well{upstream="UPSTREAM"}',
    ];
    const told = async (workers: number): Promise<number[]> => {
      await using universe = await openWith(workers);
      for (const name of ['round.leaf.test.', 'www.forwarded.test.', 'none.forwarded.test.', ...hosts])
        await asking(universe.deployment, name);
      const sent = 'anycast_resolver_server_messages_total{transport="udp"}';
      await eventually(async () => assert.equal(await universe.metric(sent), universe.sent()));
      const [upstream] = universe.deployment.upstreams;
      return await Promise.all(series.map(name => universe.metric(name.replace('UPSTREAM', upstream))));
    };
    assert.deepEqual(await told(2), await told(0));
  });

  it('has one budget for both questions of a query', async () => {
    const servers = (at: (octet: number) => string): Record<number, ServerScript> => ({
      ...tree(at),
      12: ({ query: asked, send }) => {
        const isIpv6 = asked.questions[0]?.type === recordTypes.AAAA;
        send(serve({ origin: 'leaf.test.', records: isIpv6 ? deep.slice(0, 1) : deep }, asked));
      },
    });
    const dns64 = 'names: { dns64: { prefix: "64:ff9b::/96" }, specialUse: { except: [test.] } }';
    const made = async (workers: number, packets: number): Promise<[string, number]> => {
      const keys = [dns64, `budget: { packets: ${packets} }`, `workers: ${workers}`];
      await using universe = await openUniverse({ servers, resolver: keys });
      const { answers } = await universe.dig('w.x.y.leaf.test.', 'AAAA');
      await eventually(async () =>
        assert.equal(
          await universe.metric('anycast_resolver_server_messages_total{transport="udp"}'),
          universe.sent(),
        ),
      );
      return [
        answers.at(-1)?.split(' ').at(-1) ?? '',
        await universe.metric('anycast_resolver_budget_exhausted_total{limit="packets"}'),
      ];
    };
    // Five messages to learn that there is no AAAA record, and six to the address of what the name is an alias of.
    for (const workers of [0, 2]) {
      assert.deepEqual(await made(workers, 11), ['64:ff9b::c000:20f', 0]);
      assert.deepEqual(await made(workers, 10), ['', 1]);
    }
  });

  it('flushes, dumps and loads what all of them have', async () => {
    await using universe = await openWith(2);
    const { socketPath, running } = universe.resolver;
    await Promise.all(hosts.map(host => asking(universe.deployment, host)));
    await eventually(() => assert.ok(running.status.rrsets.entries >= hosts.length));
    let text = '';
    for await (const piece of pieces(socketPath)) text += piece;
    const lines = text.trimEnd().split('\n');
    assert.equal(
      lines.filter(line => /"kind":"rrset","name":"host\d+\.leaf/.test(line)).length,
      hosts.length,
    );
    const sent = universe.sent();
    const { entries } = (await askControl(socketPath, 'flush', { zone: 'leaf.test.' })) as {
      entries: number;
    };
    assert.ok(entries >= 2 * hosts.length, `${entries}`);
    const [header, ...rest] = lines;
    // The answers stay out, so that the workers have to answer.
    const kept = rest.filter(line => !line.includes('"kind":"answer"'));
    const counts = await askControl(socketPath, 'load', { header, lines: kept, firstLine: 2 });
    assert.ok((counts as { loaded: number }).loaded >= hosts.length);
    for (const host of hosts) assert.equal((await asking(universe.deployment, host)).answers.length, 1);
    assert.equal(universe.sent(), sent);
    await askControl(socketPath, 'flush', {});
    assert.equal((await asking(universe.deployment, 'host1.leaf.test.')).answers.length, 1);
    assert.ok(universe.sent() > sent);
  });

  it('loses no query when its forward zones change, and asks the new ones from then on', async () => {
    const deployment = testDeployment({ forward: { '.': [0] }, resolver: ['workers: 2'] });
    await using parts = new AsyncDisposableStack();
    for (const [number, address] of deployment.upstreams.entries()) {
      const script = await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) => {
        const [question] = asked.questions;
        const record = { ...a('x.', `192.0.2.${number}`), name: question?.name ?? new Uint8Array([0]) };
        setTimeout(() => send(replyTo(asked, { answers: [record] })), 20);
      });
      parts.use(script);
    }
    let next = deployment.slice;
    const resolver = parts.use(
      await openTestResolver(deployment, { readConfig: async () => ({ slice: next, hash: 'next' }) }),
    );
    const replies: Promise<Message>[] = [];
    for (const number of [1, 2, 0, 2]) {
      for (let each = 0; each < 30; each += 1)
        replies.push(asking(deployment, `before${number}-${each}.test.`));
      // The workers have some of them by now.
      await asking(deployment, `meanwhile${number}.test.`);
      const { upstreams } = upstreamsOf(deployment, number);
      const { resolver: keys } = next.config;
      const forward = [{ zone: '.', upstreams }];
      next = { ...next, config: { ...next.config, resolver: { ...keys, forward } } };
      await resolver.running.reload();
      const { answers } = await asking(deployment, `after${number}.test.`);
      const rdata = answers[0]?.rdata;
      assert.equal(rdata?.kind === 'A' && rdata.address.join('.'), `192.0.2.${number}`);
    }
    for (const reply of await Promise.all(replies)) assert.equal(reply.answers.length, 1);
    assert.equal(resolver.running.status.shed, 0);
  });

  it('loses no reply when it is told to end', async () => {
    const universe = await openWith(2);
    const replies = hosts.map(host => asking(universe.deployment, host));
    await asking(universe.deployment, 'alias.leaf.test.');
    await universe[Symbol.asyncDispose]();
    const all = await Promise.allSettled(replies);
    assert.deepEqual(
      all.filter(({ status }) => status === 'rejected'),
      [],
    );
  });
});

/** The upstream of this number, as the configuration has it. */
function upstreamsOf({ slice, upstreams }: TestDeployment, number: number) {
  const [root] = slice.config.resolver.forward;
  const [first] = root?.upstreams ?? [];
  assert.ok(first);
  const text = upstreams[number] ?? '';
  const octets = Uint8Array.from(text.split('.'), Number);
  return { upstreams: [{ ...first, address: { family: 4, octets, text } as const }] };
}

async function* pieces(socketPath: string): AsyncGenerator<string> {
  await using client = await connectControl(socketPath);
  for (;;) {
    const { piece } = (await client.request('dump')) as { piece: string | null };
    if (piece === null) return;
    yield piece;
  }
}
