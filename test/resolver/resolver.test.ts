import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { access } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { rcodes } from '../../src/dns/rcode.ts';
import { askControl, connectControl } from '../../src/system/control-socket.ts';
import { Fault } from '../../src/system/fault.ts';
import { eventually } from '../support/eventually.ts';
import { a, edns, query } from './messages.ts';
import { openNsd } from './nsd.ts';
import { openUpstream, replyTo, type UpstreamCall } from './scripted-upstream.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';
import { type AskTo, askTcp, askUdp, openTestResolver, type TestResolver } from './test-resolver.ts';

const zoneFile = `
$ORIGIN leaf.test.
$TTL 300
@ IN SOA ns.leaf.test. hostmaster.leaf.test. 1 3600 600 86400 60
@ IN NS ns
ns IN A 198.51.100.9
www IN A 198.51.100.80
www IN AAAA 2001:db8::80
alias IN CNAME www
big IN TXT ${Array.from({ length: 12 }, (_, index) => `"${String(index).padStart(200, 'x')}"`).join(' ')}
*.wild IN A 198.51.100.7
`;

describe('a resolver in front of NSD, asked with dig', () => {
  const deployment = testDeployment();
  const parts = new AsyncDisposableStack();
  let resolver: TestResolver;

  before(async () => {
    const [address] = deployment.upstreams;
    parts.use(await openNsd({ address, port: deployment.upstreamPort, zones: { 'leaf.test': zoneFile } }));
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  it('answers on the service and on the management address, over UDP and TCP', async () => {
    for (const address of [deployment.service, deployment.management]) {
      for (const transport of ['+notcp', '+tcp']) {
        const dug = await resolver.dig(`@${address}`, transport, 'www.leaf.test', 'A');
        assert.equal(dug.status, 'NOERROR');
        assert.deepEqual(dug.flags, ['qr', 'rd', 'ra']);
        assert.match(dug.answers.join(), /^www\.leaf\.test\. \d+ IN A 198\.51\.100\.80$/);
      }
    }
  });

  it('gives an alias with its target', async () => {
    const dug = await resolver.dig('alias.leaf.test', 'AAAA');
    assert.deepEqual(
      dug.answers.map(line => line.replace(/ \d+ IN /, ' IN ')),
      ['alias.leaf.test. IN CNAME www.leaf.test.', 'www.leaf.test. IN AAAA 2001:db8::80'],
    );
  });

  it('denies names and types with the SOA record, whose TTL is the negative one', async () => {
    const nxdomain = await resolver.dig('nothing.leaf.test');
    assert.equal(nxdomain.status, 'NXDOMAIN');
    assert.match(nxdomain.authorities.join(), /^leaf\.test\. (60|59) IN SOA /);
    const nodata = await resolver.dig('www.leaf.test', 'MX');
    assert.equal(nodata.status, 'NOERROR');
    assert.match(nodata.authorities.join(), /^leaf\.test\. (60|59) IN SOA /);
  });

  it('truncates what is over 1232 octets whatever the client takes, and gives it over TCP', async () => {
    const cut = await resolver.dig('+ignore', '+bufsize=4096', 'big.leaf.test', 'TXT');
    assert.ok(cut.flags.includes('tc'), cut.text);
    const whole = await resolver.dig('+bufsize=4096', 'big.leaf.test', 'TXT');
    assert.equal(whole.answers.length, 1, whole.text);
    assert.match(whole.text, /\(TCP\)/);
  });

  it('gives the whole answer of a wildcard', async () => {
    const dug = await resolver.dig('anything.wild.leaf.test');
    assert.match(dug.answers.join(), /^anything\.wild\.leaf\.test\. \d+ IN A 198\.51\.100\.7$/);
  });

  it('counts what came to the service address from elsewhere as client queries, and nothing else', async () => {
    const before = resolver.running.status.clientQueries;
    const octets = encodeMessage(query('www.leaf.test.'));
    await askUdp(octets, { address: deployment.service, port: deployment.port, from: deployment.client });
    await askUdp(octets, { address: deployment.service, port: deployment.port, from: deployment.service });
    await askUdp(octets, { address: deployment.service, port: deployment.port, from: '127.0.0.1' });
    await askUdp(octets, { address: deployment.management, port: deployment.port, from: deployment.client });
    assert.equal(resolver.running.status.clientQueries - before, 1);
  });

  it('survives any datagrams, random ones and queries with damage, and goes on answering', async () => {
    const to = { address: deployment.service, port: deployment.port };
    const good = encodeMessage(query('www.leaf.test.', 'A', { edns: edns() }));
    const damaged = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 })
      .map(changes => changes.reduce((octets, [at, octet]) => octets.with(at, octet), good));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.uint8Array({ maxLength: 600 }), damaged)), async datagrams => {
        await send(datagrams, to);
        await askUdp(good, to);
      }),
      { numRuns: 50 },
    );
    assert.equal(resolver.running.status.state, 'serving');
  });
});

describe('the control socket', () => {
  it('tells the status and pushes heartbeats with rising sequence while the resolver runs, and closes with it', async () => {
    const deployment = testDeployment();
    const resolver = await openTestResolver(deployment);
    const beats: { pid: number; sequence: number; clientQueries: number }[] = [];
    await using client = await connectControl(resolver.socketPath, (push, data) => {
      if (push === 'heartbeat') beats.push(data as (typeof beats)[number]);
    });
    const status = (await client.request('status')) as { pop: string; pid: number };
    assert.deepEqual({ pop: status.pop, pid: status.pid }, { pop: 'fra', pid: process.pid });
    await askUdp(encodeMessage(query('www.leaf.test.')), {
      ...at(deployment),
      from: deployment.client,
    }).catch(() => undefined);
    await eventually(() => assert.equal(beats.at(-1)?.clientQueries, 1));
    const sequences = beats.map(beat => beat.sequence);
    assert.deepEqual(
      sequences,
      Array.from(sequences, (_, index) => (sequences[0] ?? 0) + index),
    );
    await resolver[Symbol.asyncDispose]();
    await client.closed;
    await assert.rejects(access(resolver.socketPath), { code: 'ENOENT' });
  });

  it('empties the cache on flush', async () => {
    const deployment = testDeployment();
    const [address] = deployment.upstreams;
    await using upstream = await openUpstream(
      address,
      deployment.upstreamPort,
      ({ query: asked, send: reply }) =>
        reply(replyTo(asked, { answers: [a('www.leaf.test.', '198.51.100.1')] })),
    );
    await using resolver = await openTestResolver(deployment);
    const ask = (): Promise<unknown> => askUdp(encodeMessage(query('www.leaf.test.')), at(deployment));
    await ask();
    await ask();
    assert.equal(upstream.calls.length, 1);
    assert.deepEqual(await askControl(resolver.socketPath, 'flush'), { entries: 1 });
    await ask();
    assert.equal(upstream.calls.length, 2);
  });
});

describe('the metrics page', () => {
  it('is on the management address, and its counters follow what was asked', async () => {
    const deployment = testDeployment();
    await using resolver = await openTestResolver(deployment);
    await resolver.dig(`@${deployment.management}`, 'CH', 'TXT', 'id.server');
    const { resolverPort } = deployment.slice.config.telemetry;
    const response = await fetch(`http://${deployment.management}:${resolverPort}/metrics`);
    const text = await response.text();
    assert.match(text, /^anycast_resolver_queries_total\{transport="udp",family="4"\} 1$/m);
    assert.match(
      text,
      /^anycast_resolver_replies_total\{transport="udp",rcode="NOERROR",origin="local"\} 1$/m,
    );
    assert.match(text, /^# TYPE anycast_resolver_reply_seconds histogram$/m);
    const labels = 'transport="udp",rcode="NOERROR",origin="local"';
    assert.ok(text.includes(`anycast_resolver_reply_seconds_bucket{${labels},le="+Inf"} 1\n`), text);
    assert.ok(text.includes(`anycast_resolver_reply_seconds_count{${labels}} 1\n`), text);
  });
});

describe('starting a resolver', () => {
  it('fails with a hint when a management port is taken, and leaves nothing bound', async () => {
    const deployment = testDeployment();
    {
      await using _first = await openTestResolver(deployment);
      await assert.rejects(
        openTestResolver(deployment),
        error =>
          error instanceof Fault &&
          error.code === 'environment' &&
          /another DNS server/.test(error.hint ?? ''),
      );
    }
    await using _second = await openTestResolver(deployment);
  });

  it('fails when an upstream is the PoP itself', async () => {
    const deployment = testDeployment();
    const { slice } = deployment;
    const [management] = slice.pop.management;
    assert.ok(management);
    const resolver = {
      ...slice.config.resolver,
      forward: [{ zone: '.', upstreams: [{ address: management }] }],
    };
    const looping = { ...deployment, slice: { ...slice, config: { ...slice.config, resolver } } };
    await assert.rejects(openTestResolver(looping), { code: 'config-invalid' });
  });
});

describe('stopping a resolver', () => {
  it('answers what it has taken, and takes nothing more', async () => {
    const deployment = testDeployment();
    const [address] = deployment.upstreams;
    const asked = Promise.withResolvers<UpstreamCall>();
    await using _upstream = await openUpstream(address, deployment.upstreamPort, asked.resolve);
    const resolver = await openTestResolver(deployment);
    const reply = askUdp(encodeMessage(query('slow.test.')), at(deployment));
    const call = await asked.promise;
    const stopped = resolver[Symbol.asyncDispose]();
    call.send(replyTo(call.query, { answers: [a('slow.test.', '198.51.100.1')] }));
    assert.equal(decodeMessage(await reply).answers.length, 1);
    await stopped;
    await assert.rejects(askTcp([encodeMessage(query('slow.test.'))], at(deployment)), {
      code: 'ECONNREFUSED',
    });
  });

  it('ends questions that nobody answers with SERVFAIL rather than waiting for them', async () => {
    const deployment = testDeployment();
    const [address] = deployment.upstreams;
    const asked = Promise.withResolvers<UpstreamCall>();
    await using _upstream = await openUpstream(address, deployment.upstreamPort, asked.resolve);
    const resolver = await openTestResolver(deployment);
    const reply = askUdp(encodeMessage(query('silent.test.')), at(deployment));
    await asked.promise;
    await resolver[Symbol.asyncDispose]();
    assert.equal(decodeMessage(await reply).rcode, rcodes.SERVFAIL);
  });
});

function at(deployment: TestDeployment): AskTo {
  return { address: deployment.service, port: deployment.port };
}

async function send(datagrams: readonly Uint8Array[], { address, port }: AskTo): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) socket.send(datagram, port, address);
  await new Promise<void>(resolve => socket.send(new Uint8Array(0), port, address, () => resolve()));
  socket.close();
}
