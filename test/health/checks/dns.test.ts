import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import dns2 from 'dns2';
import { dnsCheck } from '../../../src/health/checks/dns.ts';
import type { Verdict } from '../../../src/health/health-check.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';

const { Packet } = dns2;

type Handle = (query: Buffer, transport: 'udp' | 'tcp') => Buffer | undefined;

interface StandIn extends AsyncDisposable {
  readonly port: number;
  /** TCP connections open now. */
  connections(): number;
}

/** A DNS server on one port for UDP and TCP that answers with whatever octets `handle` gives. */
async function standIn(handle: Handle, host = '127.0.0.1'): Promise<StandIn> {
  const open = new Set<Socket>();
  const tcp = createServer(socket => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    socket.on('data', data => {
      const reply = handle(data.subarray(2), 'tcp');
      if (!reply) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    });
  });
  tcp.listen(0, host);
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', (query, from) => {
    const reply = handle(query, 'udp');
    if (reply) udp.send(reply, from.port, from.address);
  });
  udp.bind(port, host);
  await once(udp, 'listening');
  return {
    port,
    connections: () => open.size,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      tcp.close();
      udp.close();
      await Promise.all([once(tcp, 'close'), once(udp, 'close')]);
    },
  };
}

/** A response to `query` that says `pop`, changed by `edit`. */
function identity(pop: string, edit: (response: dns2.Packet) => void = () => undefined): Handle {
  return query => {
    const request = Packet.parse(query);
    const response = Packet.createResponseFromRequest(request);
    const [question] = request.questions;
    if (question?.name === 'id.server')
      response.answers.push({ ...question, ttl: 0, data: [pop] } as unknown as dns2.Packet.Resource);
    edit(response);
    return response.toBuffer();
  };
}

const loopback = parseIpAddress('127.0.0.1');

async function probe(
  port: number,
  {
    options = {},
    timeoutMs = 2000,
    address = loopback,
  }: { options?: object; timeoutMs?: number; address?: typeof loopback } = {},
): Promise<Verdict | undefined> {
  assert.ok(address);
  return await dnsCheck.probe?.(dnsCheck.options.parse(options), {
    clock: systemClock,
    signal: AbortSignal.timeout(timeoutMs),
    timeoutMs,
    pop: 'fra',
    serviceAddresses: [address],
    managementAddresses: [],
    servicePort: port,
    runDirectory: '/nowhere',
  });
}

const reasonOf = (verdict: Verdict | undefined): string =>
  verdict?.kind === 'healthy' || verdict === undefined ? '' : verdict.reason;

describe('the dns check', () => {
  it('is healthy when the PoP names itself over UDP and TCP', async () => {
    const asked: string[] = [];
    const handle = identity('fra');
    await using server = await standIn((query, transport) => {
      asked.push(transport);
      return handle(query, transport);
    });
    assert.equal((await probe(server.port))?.kind, 'healthy');
    assert.deepEqual(asked.sort(), ['tcp', 'udp']);
  });

  it('reaches an IPv6 service address over both', async () => {
    await using server = await standIn(identity('fra'), '::1');
    const address = parseIpAddress('::1');
    assert.deepEqual(reasonOf(await probe(server.port, { address })), '');
  });

  it('does not take the answer of another PoP for its own', async () => {
    await using server = await standIn(identity('nyc'));
    const verdict = await probe(server.port);
    assert.equal(verdict?.kind, 'unhealthy');
    assert.match(reasonOf(verdict), /nyc answered, not fra: is the service address on lo\?/);
  });

  it('is unhealthy with the response code when that is wrong', async () => {
    await using server = await standIn(
      identity('fra', response => {
        response.header.rcode = 2;
        response.answers = [];
      }),
    );
    const verdict = await probe(server.port);
    assert.equal(verdict?.kind, 'unhealthy');
    assert.match(reasonOf(verdict), /^udp 127\.0\.0\.1: id\.server: SERVFAIL \(and 1 more\)$/);
  });

  it('is unhealthy when nobody listens', async () => {
    const server = await standIn(identity('fra'));
    await server[Symbol.asyncDispose]();
    const verdict = await probe(server.port, { options: { transports: ['tcp'] } });
    assert.deepEqual(verdict, { kind: 'unhealthy', reason: 'tcp 127.0.0.1: connection refused' });
  });

  it('is unhealthy when no answer comes in time, and leaves no connection behind', async () => {
    await using server = await standIn(() => undefined);
    const verdict = await probe(server.port, { timeoutMs: 100 });
    assert.equal(verdict?.kind, 'unhealthy');
    assert.match(reasonOf(verdict), /no answer in time/);
    await eventually(() => assert.equal(server.connections(), 0));
    // UDP sockets of questions given up close on their own.
    await eventually(() =>
      assert.equal(process.getActiveResourcesInfo().filter(kind => kind === 'UDPWrap').length, 1),
    );
  });

  it('is unhealthy when one transport alone fails', async () => {
    const handle = identity('fra');
    await using server = await standIn((query, transport) =>
      transport === 'tcp' ? undefined : handle(query, transport),
    );
    const verdict = await probe(server.port, { timeoutMs: 150 });
    assert.deepEqual(verdict, { kind: 'unhealthy', reason: 'tcp 127.0.0.1: no answer in time' });
  });

  it('does not accept the answer to another question', async () => {
    await using server = await standIn(
      identity('fra', response => {
        const [question] = response.questions;
        if (question) question.name = 'hostname.bind';
      }),
    );
    assert.match(reasonOf(await probe(server.port)), /the answer is to another question, hostname\.bind/);
  });

  it('does not accept an answer over TCP that carries another id', async () => {
    await using server = await standIn(
      identity('fra', response => {
        response.header.id ^= 1;
      }),
    );
    const verdict = await probe(server.port, { options: { transports: ['tcp'] } });
    assert.match(reasonOf(verdict), /another id/);
  });

  it('is unhealthy when what comes back is no DNS message', async () => {
    await using server = await standIn(() => Buffer.from('garbage'));
    const verdict = await probe(server.port, { options: { transports: ['tcp'] } });
    assert.equal(verdict?.kind, 'unhealthy');
  });

  describe('with questions of the configuration', () => {
    const answering = (address: string): Handle =>
      identity('fra', response => {
        const [question] = response.questions;
        if (question?.name === 'www.plain.test')
          response.answers.push({ ...question, ttl: 5, address } as unknown as dns2.Packet.Resource);
        else if (question?.name !== 'id.server') response.header.rcode = 3;
      });
    const questions = [
      { name: 'www.plain.test.', type: 'A', answer: '198.51.100.80' },
      { name: 'nothing.plain.test.', rcode: 'NXDOMAIN' },
    ];

    it('is healthy when response code and answer are the expected ones', async () => {
      await using server = await standIn(answering('198.51.100.80'));
      assert.equal(reasonOf(await probe(server.port, { options: { questions } })), '');
    });

    it('is unhealthy when the answer differs', async () => {
      await using server = await standIn(answering('198.51.100.99'));
      assert.match(
        reasonOf(await probe(server.port, { options: { questions } })),
        /www\.plain\.test\. A: '198\.51\.100\.99', not '198\.51\.100\.80'/,
      );
    });

    it('refuses a response code that does not exist when the configuration is read', () => {
      const result = dnsCheck.options.safeParse({ questions: [{ name: 'a.test.', rcode: 'NOTHING' }] });
      assert.equal(result.success, false);
    });
  });

  it('could not ask when this machine refuses to send', async () => {
    // Sending to the broadcast address without SO_BROADCAST is EACCES (ip(7)), before anything reaches a wire.
    const address = parseIpAddress('255.255.255.255');
    const verdict = await probe(53, { address, options: { transports: ['udp'] } });
    assert.equal(verdict?.kind, 'unknown');
    assert.match(reasonOf(verdict), /^udp 255\.255\.255\.255: .*EACCES/);
  });
});
