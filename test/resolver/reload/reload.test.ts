import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { PopSlice, ResolverConfig } from '../../../src/config/anycast-config.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import { askControl } from '../../../src/system/control-socket.ts';
import { Fault } from '../../../src/system/fault.ts';
import { a, query } from '../messages.ts';
import { openUpstream, replyTo, type ScriptedUpstream, type UpstreamCall } from '../scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../test-deployment.ts';
import { askUdp, openTestResolver, type TestResolver } from '../test-resolver.ts';

function withResolver({ slice }: TestDeployment, changes: Partial<ResolverConfig>): PopSlice {
  return { ...slice, config: { ...slice.config, resolver: { ...slice.config.resolver, ...changes } } };
}

/** The name asked for decides the answer, so that a wrong one would be seen. */
function addressFor(asked: Message, last: number): string {
  const first = asked.questions[0]?.name[1] ?? 0;
  return `198.51.100.${(first + last) % 256}`;
}

describe('a reload', () => {
  const deployment = testDeployment({ forward: { '.': [0], 'moving.test': [1] } });
  const [, , third] = deployment.upstreams;
  const parts = new AsyncDisposableStack();
  const upstreams: ScriptedUpstream[] = [];
  let resolver: TestResolver;
  let next: () => Promise<{ slice: PopSlice; hash: string }>;
  let held: UpstreamCall | undefined;

  before(async () => {
    for (const [last, address] of deployment.upstreams.entries()) {
      const script = (call: UpstreamCall): void => {
        const [question] = call.query.questions;
        const isHeld = new TextDecoder().decode(question?.name).includes('slow');
        if (isHeld && last === 1) held = call;
        else answer(call, last);
      };
      upstreams.push(parts.use(await openUpstream(address, deployment.upstreamPort, script)));
    }
    const options = { readConfig: () => next(), configHash: 'at-start' };
    resolver = parts.use(await openTestResolver(deployment, options));
  });
  after(() => parts.disposeAsync());

  function answer(call: UpstreamCall, last: number): void {
    const name = `${textOf(call.query)}`;
    call.send(replyTo(call.query, { answers: [a(name, addressFor(call.query, last))] }));
  }

  function textOf({ questions }: Message): string {
    const octets = questions[0]?.name ?? new Uint8Array([0]);
    let text = '';
    for (let at = 0; (octets[at] ?? 0) > 0; at += 1 + (octets[at] ?? 0))
      text += `${new TextDecoder().decode(octets.subarray(at + 1, at + 1 + (octets[at] ?? 0)))}.`;
    return text;
  }

  async function resolve(name: string): Promise<string> {
    const asked = query(name);
    const to = { address: deployment.service, port: deployment.port };
    const got = decodeMessage(await askUdp(encodeMessage(asked), to, 4000));
    const rdata = got.answers[0]?.rdata;
    return rdata?.kind === 'A' ? rdata.address.join('.') : `rcode ${got.rcode}`;
  }

  const forwardTo = (moving: string): Partial<ResolverConfig> => {
    const { forward } = deployment.slice.config.resolver;
    const other = deployment.slice.config.resolver.forward[0]?.upstreams[0]?.address;
    assert.ok(other);
    const address = { ...other, text: moving, octets: Uint8Array.from(moving.split('.'), Number) };
    const at = { address, tls: undefined };
    return { forward: forward.map(entry => (entry.zone === '.' ? entry : { ...entry, upstreams: [at] })) };
  };

  it('loses no query and answers none wrongly, with queries all the time and twenty reloads', async () => {
    let isOver = false;
    const counts = { cached: 0, fresh: 0 };
    const asking = async (kind: 'cached' | 'fresh', lane: number): Promise<void> => {
      for (let round = 0; !isOver; round += 1) {
        const name = kind === 'cached' ? 'kept.test.' : `x${lane}-${round}.test.`;
        const first = name.charCodeAt(0);
        assert.equal(await resolve(name), `198.51.100.${first}`, name);
        counts[kind] += 1;
      }
    };
    const streams = [asking('cached', 0), asking('cached', 1), asking('fresh', 2), asking('fresh', 3)];
    const prefix = parseIpPrefix('198.18.0.0/15');
    assert.ok(prefix);
    for (let round = 0; round < 20; round += 1) {
      const changes = [
        { version: `round ${round}` },
        { accessList: round % 4 === 1 ? [prefix] : [] },
        forwardTo(third),
        { queryTimeout: 4000 + round },
      ][round % 4];
      next = async () => ({ slice: withResolver(deployment, changes ?? {}), hash: `round-${round}` });
      const before = counts.cached + counts.fresh;
      const report = await resolver.running.reload();
      assert.equal(report.hash, `round-${round}`);
      while (counts.cached + counts.fresh < before + 4) await new Promise(resolve => setImmediate(resolve));
    }
    isOver = true;
    await Promise.all(streams);
    assert.ok(counts.cached > 20 && counts.fresh > 20, JSON.stringify(counts));
    assert.equal(resolver.running.status.configuration.hash, 'round-19');
  });

  it('answers by the new version text, also over the control socket', async () => {
    next = async () => ({ slice: withResolver(deployment, { version: 'one' }), hash: 'one' });
    await resolver.running.reload();
    assert.match((await resolver.dig('CH', 'TXT', 'version.bind')).answers.join(), /"one"/);
    next = async () => ({ slice: withResolver(deployment, { version: 'two' }), hash: 'two' });
    assert.deepEqual(await askControl(resolver.socketPath, 'reload', { pop: 'fra' }), {
      hash: 'two',
      changed: ['resolver.version'],
      needsRestart: [],
      flushedZones: [],
    });
    assert.match((await resolver.dig('CH', 'TXT', 'version.bind')).answers.join(), /"two"/);
    const wrong = askControl(resolver.socketPath, 'reload', { pop: 'nyc' });
    await assert.rejects(wrong, { code: 'refused' });
  });

  it('that is refused changes nothing, and says why where the status is', async () => {
    next = async () => {
      throw new Fault('config-invalid', 'anycast.yaml:3: resolver.prot: unknown key');
    };
    const before = resolver.running.status.configuration;
    await assert.rejects(resolver.running.reload(), { code: 'config-invalid', message: /resolver\.prot/ });
    // A fault that only this PoP has, found while the new parts are made.
    const [management] = deployment.slice.pop.management;
    assert.ok(management);
    const looping = { forward: [{ zone: '.', upstreams: [{ address: management }] }] };
    next = async () => ({ slice: withResolver(deployment, { ...looping, version: 'no' }), hash: 'no' });
    await assert.rejects(resolver.running.reload(), {
      code: 'config-invalid',
      message: /management address/,
    });
    assert.match((await resolver.dig('CH', 'TXT', 'version.bind')).answers.join(), /"two"/);
    const { hash, lastReload } = resolver.running.status.configuration;
    assert.equal(hash, before.hash);
    assert.equal(lastReload?.result, 'refused');
    assert.match(lastReload?.detail ?? '', /management address/);
  });

  it('serves nothing from before of a forward zone that changed, and goes on serving the rest', async () => {
    next = async () => ({ slice: withResolver(deployment, {}), hash: 'second' });
    await resolver.running.reload();
    const byte = 'w'.charCodeAt(0);
    assert.equal(await resolve('w.moving.test.'), `198.51.100.${byte + 1}`);
    assert.equal(await resolve('w.still.test.'), `198.51.100.${byte}`);
    const asked = upstreams.map(({ calls }) => calls.length);
    const slow = resolve('slow.moving.test.');
    while (!held) await new Promise(resolve => setImmediate(resolve));
    next = async () => ({ slice: withResolver(deployment, forwardTo(third)), hash: 'third' });
    const report = await resolver.running.reload();
    assert.deepEqual(report.flushedZones, ['moving.test']);
    assert.equal(await resolve('w.moving.test.'), `198.51.100.${byte + 2}`);
    assert.equal(await resolve('w.still.test.'), `198.51.100.${byte}`);
    assert.equal(upstreams[0]?.calls.length, asked[0], 'what did not change is still cached');
    // Under way since before: answered by the old upstream, and forgotten.
    answer(held, 1);
    const late = 's'.charCodeAt(0);
    assert.equal(await slow, `198.51.100.${late + 1}`);
    assert.equal(await resolve('slow.moving.test.'), `198.51.100.${late + 2}`);
    assert.equal(await resolve('slow.moving.test.'), `198.51.100.${late + 2}`);
  });

  it('names what needs a restart, and goes on as before with it', async () => {
    const { port } = deployment.slice.config.resolver;
    next = async () => ({
      slice: withResolver(deployment, { port: port + 1, workers: 2, version: 'three' }),
      hash: 'p',
    });
    const report = await resolver.running.reload();
    const keys = ['resolver.port', 'resolver.workers'];
    assert.deepEqual(report.needsRestart, keys);
    assert.deepEqual(resolver.running.status.configuration.needsRestart, keys);
    assert.match((await resolver.dig('CH', 'TXT', 'version.bind')).answers.join(), /"three"/);
  });
});
