import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { parseConfig } from '../../../src/config/load-config.ts';
import { findOption, optionCodes } from '../../../src/dns/edns.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { recordClasses } from '../../../src/dns/record-class.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { makeCertificate, type TestCertificate } from '../../resolver/certificates.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver } from '../../resolver/test-resolver.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const host = '127.0.0.1';

interface SecureUpstream extends AsyncDisposable {
  readonly port: number;
  readonly queries: Message[];
  readonly sizes: number[];
  readonly sockets: TLSSocket[];
}

/** Answers every question with one address, over TLS. */
async function openSecureUpstream({ certificate, key }: TestCertificate): Promise<SecureUpstream> {
  const queries: Message[] = [];
  const sizes: number[] = [];
  const sockets: TLSSocket[] = [];
  const options = { cert: await readFile(certificate), key: await readFile(key), ALPNProtocols: ['dot'] };
  const server = createServer(options, socket => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    const framing = new MessageFraming();
    socket.on('data', chunk => {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next()) {
        const query = decodeMessage(octets);
        queries.push(query);
        sizes.push(octets.length);
        const name = query.questions[0]?.name ?? new Uint8Array(1);
        const address = Uint8Array.of(192, 0, 2, 1);
        const fields = { name, type: recordTypes.A, class: recordClasses.IN, ttl: 60 };
        const answers = [{ ...fields, rdata: { kind: 'A', address } as const }];
        socket.write(
          framed(encodeMessage({ ...query, flags: { ...query.flags, qr: true, ra: true }, answers })),
        );
      }
    });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    queries,
    sizes,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function forwardingTo(upstream: SecureUpstream, name: string, caFile: string | undefined) {
  const deployment = testDeployment();
  const { config } = deployment.slice;
  const address = parseIpAddress(host);
  assert.ok(address);
  const tls = { name, port: upstream.port, ...(caFile !== undefined && { caFile }) };
  const forward = [{ zone: '.', upstreams: [{ address, tls }] }];
  const slice = { ...deployment.slice, config: { ...config, resolver: { ...config.resolver, forward } } };
  return await openTestResolver({ ...deployment, slice });
}

async function expired(folder: string): Promise<TestCertificate> {
  const made = await makeCertificate(folder, 'expired');
  await runOrThrow([
    'openssl',
    'x509',
    '-in',
    made.certificate,
    '-signkey',
    made.key,
    '-days',
    '-1',
    '-out',
    `${made.certificate}.old`,
  ]);
  return { ...made, certificate: `${made.certificate}.old` };
}

describe('RFC 8310, a forwarder that knows who it asks', () => {
  it('section 5, strict: asks a server that has the name, over one connection, with padded queries', async () => {
    await using folder = await temporaryFolder();
    const made = await makeCertificate(folder.path);
    await using upstream = await openSecureUpstream(made);
    await using resolver = await forwardingTo(upstream, 'dns.example', made.certificate);
    for (const name of ['a.example', 'b.example', 'c.example']) {
      const { status, answers } = await resolver.dig(name);
      assert.equal(status, 'NOERROR');
      assert.match(answers[0] ?? '', /192\.0\.2\.1$/);
    }
    assert.equal(upstream.sockets.length, 1);
    assert.equal(upstream.sockets[0]?.alpnProtocol, 'dot');
    assert.equal((upstream.sockets[0] as { servername?: string } | undefined)?.servername, 'dns.example');
    assert.ok(
      upstream.sizes.length === 3 && upstream.sizes.every(size => size % 128 === 0),
      `${upstream.sizes}`,
    );
    assert.ok(upstream.queries.every(({ edns }) => findOption(edns, optionCodes.padding)));
  });

  it('RFC 7858 section 3.4: resumes its session on a new connection', async () => {
    await using folder = await temporaryFolder();
    const made = await makeCertificate(folder.path);
    await using upstream = await openSecureUpstream(made);
    await using resolver = await forwardingTo(upstream, 'dns.example', made.certificate);
    await resolver.dig('a.example');
    const [first] = upstream.sockets;
    assert.ok(first);
    const closed = once(first, 'close');
    first.end();
    await closed;
    assert.equal((await resolver.dig('b.example')).status, 'NOERROR');
    assert.equal(upstream.sockets[1]?.isSessionReused(), true);
  });

  const wrong: [claim: string, name: string, reason: RegExp][] = [
    ['another name', 'other.example', /altnames/],
    ['another authority', 'dns.example', /self-signed|unable to|signature/],
    ['only the authorities of the system', 'dns.example', /self-signed/],
    ['a certificate that has expired', 'dns.example', /expired/],
  ];
  for (const [claim, name, reason] of wrong) {
    it(`section 5, strict: sends nothing to a server with ${claim}, and says why it failed`, async () => {
      await using folder = await temporaryFolder();
      const isExpired = claim.includes('expired');
      const made = isExpired ? await expired(folder.path) : await makeCertificate(folder.path);
      const other = await makeCertificate(folder.path, 'other');
      await using upstream = await openSecureUpstream(made);
      const trusted = claim.includes('system')
        ? undefined
        : claim.includes('authority')
          ? other.certificate
          : made.certificate;
      await using resolver = await forwardingTo(upstream, name, trusted);
      assert.equal((await resolver.dig('a.example')).status, 'SERVFAIL');
      const [status] = resolver.running.status.upstreams;
      assert.equal(status?.state, 'failed');
      assert.match(status?.reason ?? '', reason);
      assert.equal(upstream.queries.length, 0);
    });
  }

  it('a zone with encrypted and clear upstreams is a configuration that is refused', () => {
    const { yaml } = testDeployment();
    const clear = /forward: \[\{ zone: \., upstreams: \[([^\]]*)\]/;
    assert.match(yaml, clear);
    const upstreams = '192.0.2.7, { address: 192.0.2.8, tls: { name: dns.example } }';
    const mixed = yaml.replace(clear, `forward: [{ zone: ., upstreams: [${upstreams}]`);
    const parse = (): unknown => parseConfig(mixed, 'anycast.yaml', { checks: {}, drivers: ['bird'] });
    assert.throws(parse, /with and without tls/);
  });
});
