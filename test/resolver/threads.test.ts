import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { nsidRequest, readNsid } from '../../src/dns/options/nsid.ts';
import { whyNoBatchedUdp } from '../../src/system/batched-udp.ts';
import { eventually } from '../support/eventually.ts';
import { a, edns, query } from './messages.ts';
import { openUpstream, replyTo } from './scripted-upstream.ts';
import { type DeploymentOptions, testDeployment } from './test-deployment.ts';
import { askUdp, openTestResolver } from './test-resolver.ts';

const lacking = await whyNoBatchedUdp();

/** A resolver with so many listener threads, in front of one upstream that gives every name the same address. */
async function openThreaded(threads: number, options: DeploymentOptions = {}) {
  await using parts = new AsyncDisposableStack();
  const deployment = testDeployment({
    ...options,
    resolver: [`threads: ${threads}`, 'cache: { prefetch: false }', ...(options.resolver ?? [])],
  });
  const asked: string[] = [];
  const [address] = deployment.upstreams;
  parts.use(
    await openUpstream(address, deployment.upstreamPort, ({ query: question, send }) => {
      asked.push('once');
      send(replyTo(question, { answers: [a('www.test.', '192.0.2.1')] }));
    }),
  );
  let next = deployment.slice;
  const resolver = parts.use(
    await openTestResolver(deployment, { readConfig: async () => ({ slice: next, hash: 'next' }) }),
  );
  const to = { address: deployment.service, port: deployment.port };
  const ask = async (id: number) => {
    const message = { ...query('www.test.'), id, edns: { ...edns(), options: [nsidRequest] } };
    return decodeMessage(await askUdp(encodeMessage(message), to));
  };
  const metric = async (name: string): Promise<number> => {
    const page = await fetch(`http://${deployment.management}:${deployment.telemetryPort}/metrics`);
    const [, value] = new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(await page.text()) ?? [];
    return Number(value);
  };
  const moved = parts.move();
  return {
    deployment,
    resolver,
    asked,
    ask,
    metric,
    reloadWith: async (slice: typeof next) => {
      next = slice;
      await resolver.running.reload();
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

function addresses({ answers }: Message): string[] {
  return answers.map(({ rdata }) => (rdata.kind === 'A' ? rdata.address.join('.') : rdata.kind));
}

for (const threads of [0, 2])
  describe(`a resolver with ${threads} listener threads`, { skip: threads > 0 && (lacking ?? false) }, () => {
    it('gives what is asked for again without the pipeline, but as that would, and counts it with the rest', async () => {
      await using threaded = await openThreaded(threads);
      const first = await threaded.ask(1);
      let asked = 1;
      await eventually(async () => {
        asked += 1;
        await threaded.ask(asked);
        assert.ok((await threaded.metric('anycast_resolver_table_answers_total')) > 0);
      });
      const fast = await threaded.ask(0x1234);
      assert.equal(fast.id, 0x1234);
      assert.deepEqual({ ...fast, id: 0, answers: [] }, { ...first, id: 0, answers: [] });
      assert.deepEqual(
        fast.answers.map(({ ttl: _, ...record }) => record),
        first.answers.map(({ ttl: _, ...record }) => record),
      );
      assert.equal(Buffer.from((fast.edns && readNsid(fast.edns)) ?? []).toString(), 'fra');
      assert.equal(threaded.asked.length, 1);
      // Those of the management address are none: nobody has asked there.
      assert.equal(threaded.resolver.running.status.queries.udp, asked + 1);
    });

    it('gives nothing from before a reload that answers otherwise', async () => {
      await using threaded = await openThreaded(threads);
      for (let id = 1; id <= 5; id += 1) assert.deepEqual(addresses(await threaded.ask(id)), ['192.0.2.1']);
      const { slice } = threaded.deployment;
      const { resolver } = slice.config;
      const names = { ...resolver.names, records: [a('www.test.', '198.51.100.7')] };
      await threaded.reloadWith({ ...slice, config: { ...slice.config, resolver: { ...resolver, names } } });
      for (let id = 6; id <= 9; id += 1)
        assert.deepEqual(addresses(await threaded.ask(id)), ['198.51.100.7']);
    });

    it('loses no query that had arrived when it is told to end', async () => {
      const threaded = await openThreaded(threads);
      for (let id = 1; id <= 5; id += 1) await threaded.ask(id);
      const answers = Promise.allSettled(Array.from({ length: 200 }, (_, id) => threaded.ask(id + 100)));
      await threaded.ask(99);
      await threaded[Symbol.asyncDispose]();
      const lost = (await answers).filter(({ status }) => status === 'rejected');
      assert.deepEqual(lost, []);
    });
  });
