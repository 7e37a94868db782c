import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import dns2 from 'dns2';
import { upstreamCheck } from '../../../src/health/checks/upstream.ts';
import type { Verdict } from '../../../src/health/health-check.ts';
import { openNsd } from '../../resolver/nsd.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver } from '../../resolver/test-resolver.ts';
import { eventually } from '../../support/eventually.ts';
import { addressesOf, complaintsOf, contextOf, probeCheck, reasonOf } from '../../support/probe-check.ts';

const { Packet } = dns2;

interface Resolver extends AsyncDisposable {
  readonly address: string;
  readonly asked: string[];
}

/** A resolver that answers each name with the response code that `answer` gives, or keeps silent. */
async function resolver(
  port: number,
  address: string,
  answer: (name: string) => number | undefined,
): Promise<Resolver> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const request = Packet.parse(query);
    const [question] = request.questions;
    asked.push(question?.name ?? '');
    const rcode = answer(question?.name ?? '');
    if (rcode === undefined) return;
    const response = Packet.createResponseFromRequest(request);
    response.header.rcode = rcode;
    socket.send(response.toBuffer(), from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  return {
    address,
    asked,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** A port that is free on 127.0.0.0/8 now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '0.0.0.0');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const REFUSED = 5;

const service = '127.83.0.53';
const own = '127.83.0.1';
const ownToo = '127.83.0.2';
const questions = [{ name: 'probe.test.' }];

describe('the upstream check', () => {
  const probe = (port: number, options: object, managementAddresses = [own], timeoutMs = 5000) =>
    probeCheck(upstreamCheck, options, {
      servicePort: port,
      serviceAddresses: [service],
      managementAddresses,
      timeoutMs,
    });

  it('asks the management address, never the service address', async () => {
    const port = await freePort();
    await using here = await resolver(port, own, () => NOERROR);
    await using elsewhere = await resolver(port, service, () => SERVFAIL);
    assert.equal(reasonOf(await probe(port, { questions })), '');
    assert.deepEqual([here.asked, elsewhere.asked], [['probe.test'], []]);
  });

  it('is unhealthy with SERVFAIL, with any code but the expected one, and with silence', async () => {
    const port = await freePort();
    const codes: Record<string, number> = { 'lost.test': SERVFAIL, 'gone.test': NXDOMAIN };
    await using _here = await resolver(port, own, name => codes[name]);
    assert.deepEqual(await probe(port, { questions: [{ name: 'lost.test.', type: 'SOA' }] }), {
      kind: 'unhealthy',
      reason: `udp ${own}: lost.test. SOA: SERVFAIL, not NOERROR`,
    });
    assert.match(
      reasonOf(await probe(port, { questions: [{ name: 'gone.test.' }] })),
      /NXDOMAIN, not NOERROR/,
    );
    assert.deepEqual(await probe(port, { questions: [{ name: 'mute.test.' }] }, [own], 150), {
      kind: 'unhealthy',
      reason: `udp ${own}: mute.test. A: no answer in time`,
    });
  });

  it('is unhealthy when one of the questions is not answered well', async () => {
    const port = await freePort();
    await using _here = await resolver(port, own, name => (name === 'a.test' ? NOERROR : SERVFAIL));
    const verdict = await probe(port, { questions: [{ name: 'a.test' }, { name: 'b.test' }] });
    assert.match(reasonOf(verdict), /b\.test A: SERVFAIL/);
  });

  it('is healthy by one management address alone: the upstreams are the same', async () => {
    const port = await freePort();
    await using _here = await resolver(port, own, () => NOERROR);
    await using mute = await resolver(port, ownToo, () => undefined);
    assert.equal(reasonOf(await probe(port, { questions }, [ownToo, own])), '');
    await eventually(() => assert.equal(mute.asked.length, 1));
  });

  it('asks for a label that it never asked for before when the question is fresh, and expects NXDOMAIN', async () => {
    const port = await freePort();
    await using here = await resolver(port, own, name =>
      name.endsWith('.probe.test') ? NXDOMAIN : SERVFAIL,
    );
    const fresh = { questions: [{ name: 'probe.test.', fresh: true }] };
    for (let round = 0; round < 3; round += 1) assert.equal(reasonOf(await probe(port, fresh)), '');
    assert.equal(new Set(here.asked).size, 3);
    const wildcard = { questions: [{ name: 'probe.test.', fresh: true, rcode: 'NOERROR' }] };
    assert.equal(reasonOf(await probe(port, wildcard)), `udp ${own}: *.probe.test. A: NXDOMAIN, not NOERROR`);
  });

  it('notices with fresh questions a lost upstream that the cache of the resolver hides', async () => {
    const deployment = testDeployment({ resolver: ['queryTimeout: 1s', 'upstreamTimeout: 300ms'] });
    const zone = [
      '$TTL 3600',
      '@ SOA ns hostmaster 1 3600 600 86400 60',
      '@ NS ns',
      'ns A 192.0.2.1',
      'www A 192.0.2.80',
      '',
    ].join('\n');
    const nsd = await openNsd({
      address: deployment.upstreams[0],
      port: deployment.upstreamPort,
      zones: { 'probe.test': zone },
    });
    await using parts = new AsyncDisposableStack();
    parts.use(await openTestResolver(deployment));
    const ask = (question: object): Promise<Verdict> =>
      probe(deployment.port, { questions: [question] }, [deployment.management]);
    const cached = { name: 'www.probe.test.' };
    const fresh = { name: 'probe.test.', fresh: true };
    try {
      assert.equal(reasonOf(await ask(cached)), '');
      assert.equal(reasonOf(await ask(fresh)), '');
    } finally {
      await nsd[Symbol.asyncDispose]();
    }
    assert.equal(reasonOf(await ask(cached)), '', 'the cache still knows');
    assert.match(reasonOf(await ask(fresh)), /\*\.probe\.test\. A: SERVFAIL, not NXDOMAIN$/);
  });

  it('needs at least one question', () => {
    assert.equal(complaintsOf(upstreamCheck, {}).length, 1);
    assert.equal(complaintsOf(upstreamCheck, { questions: [] }).length, 1);
  });

  describe('asked of a peer', () => {
    const askPeer = async (
      port: number,
      addresses: readonly string[],
      timeoutMs = 5000,
    ): Promise<Verdict> => {
      const peer = { pop: 'nyc', managementAddresses: addressesOf(addresses) };
      const options = upstreamCheck.options.parse({ questions });
      const context = contextOf({ servicePort: port, managementAddresses: [own], timeoutMs });
      const verdict = await upstreamCheck.probePeer?.(options, peer, context);
      assert.ok(verdict);
      return verdict;
    };

    it('is healthy when any of its addresses answers well, unhealthy when it answers badly', async () => {
      const port = await freePort();
      await using well = await resolver(port, '127.83.0.3', () => NOERROR);
      await using mute = await resolver(port, '127.83.0.4', () => undefined);
      await using sick = await resolver(port, '127.83.0.5', () => SERVFAIL);
      assert.equal((await askPeer(port, [mute.address, well.address])).kind, 'healthy');
      assert.equal((await askPeer(port, [sick.address, well.address])).kind, 'healthy');
      const verdict = await askPeer(port, [mute.address, sick.address], 200);
      assert.deepEqual(verdict, {
        kind: 'unhealthy',
        reason: 'udp 127.83.0.5: probe.test. A: SERVFAIL, not NOERROR',
      });
    });

    it('is unknown when the peer keeps silent, is not there, or will not answer us', async () => {
      const port = await freePort();
      await using mute = await resolver(port, '127.83.0.6', () => undefined);
      await using unwilling = await resolver(port, '127.83.0.7', () => REFUSED);
      assert.equal((await askPeer(port, [mute.address], 150)).kind, 'unknown');
      assert.equal((await askPeer(port, ['127.83.0.8'], 150)).kind, 'unknown');
      assert.equal((await askPeer(port, [unwilling.address])).kind, 'unknown');
      assert.equal((await askPeer(port, [])).kind, 'unknown');
    });
  });
});
