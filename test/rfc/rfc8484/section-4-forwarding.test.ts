import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/load-config.ts';
import { findOption, optionCodes } from '../../../src/dns/edns.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { makeCertificate } from '../../resolver/certificates.ts';
import { type HttpsUpstream, host, openHttpsUpstream } from '../../resolver/exchange/https-upstream.ts';
import { a } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';
import { dohPort, tlsDeployment } from '../../resolver/tls-deployment.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Https {
  readonly at?: string;
  readonly name?: string;
  readonly port: number;
  readonly path?: string;
  readonly caFile: string;
}

async function forwardingTo(https: Https): Promise<TestResolver> {
  const deployment = testDeployment();
  const { config } = deployment.slice;
  const { at = host, name = 'dns.example', path = '/dns-query', ...rest } = https;
  const address = parseIpAddress(at);
  assert.ok(address);
  const forward = [{ zone: '.', upstreams: [{ address, https: { name, path, ...rest } }] }];
  const slice = { ...deployment.slice, config: { ...config, resolver: { ...config.resolver, forward } } };
  return await openTestResolver({ ...deployment, slice });
}

/** Answers every question with one address, and these headers. */
async function upstreamIn(
  folder: string,
  headers = {},
): Promise<{ upstream: HttpsUpstream; caFile: string }> {
  const made = await makeCertificate(folder);
  const upstream = await openHttpsUpstream(made, ({ query, send }) => {
    const name = query.questions[0]?.name ?? assert.fail();
    send(replyTo(query, { answers: [{ ...a('x.', '192.0.2.1', 300), name }] }), headers);
  });
  return { upstream, caFile: made.certificate };
}

describe('RFC 8484, a forwarder that asks over HTTPS', () => {
  it('section 4.1: POSTs to the path it was told, as application/dns-message, with id 0', async () => {
    await using folder = await temporaryFolder();
    const { upstream, caFile } = await upstreamIn(folder.path);
    await using _upstream = upstream;
    await using resolver = await forwardingTo({ port: upstream.port, path: '/some/dns', caFile });
    for (const name of ['a.example', 'b.example']) {
      const { status, answers } = await resolver.dig(name);
      assert.equal(status, 'NOERROR');
      assert.match(answers[0] ?? '', /192\.0\.2\.1$/);
    }
    assert.equal(upstream.sessions.length, 1);
    for (const { headers, query } of upstream.calls) {
      assert.equal(headers[':method'], 'POST');
      assert.equal(headers[':path'], '/some/dns');
      assert.equal(headers[':scheme'], 'https');
      assert.equal(headers[':authority'], `dns.example:${upstream.port}`);
      assert.equal(headers['content-type'], 'application/dns-message');
      assert.equal(headers.accept, 'application/dns-message');
      assert.equal(query.id, 0);
    }
    assert.equal((upstream.sockets[0] as { servername?: string } | undefined)?.servername, 'dns.example');
  });

  it('RFC 8467 section 4.1: pads its queries to blocks of 128 octets', async () => {
    await using folder = await temporaryFolder();
    const { upstream, caFile } = await upstreamIn(folder.path);
    await using _upstream = upstream;
    await using resolver = await forwardingTo({ port: upstream.port, caFile });
    for (const name of ['a.example', 'a-name-that-is-longer.example']) await resolver.dig(name);
    assert.deepEqual(
      upstream.calls.map(({ octets }) => octets.length),
      [128, 128],
    );
    assert.ok(upstream.calls.every(({ query }) => findOption(query.edns, optionCodes.padding)));
  });

  it('section 5.1: takes the time that a cache on the way had an answer for from its TTLs', async () => {
    await using folder = await temporaryFolder();
    const { upstream, caFile } = await upstreamIn(folder.path, { age: '250' });
    await using _upstream = upstream;
    await using resolver = await forwardingTo({ port: upstream.port, caFile });
    assert.match((await resolver.dig('a.example')).answers[0] ?? '', / (50|49) IN A /);
  });

  it('section 4: understands a server of this kind', async () => {
    await using made = await tlsDeployment();
    const { deployment, files } = made;
    const [address] = deployment.upstreams;
    await using _last = await openUpstream(address, deployment.upstreamPort, ({ query, send }) =>
      send(replyTo(query, { answers: [a('www.test.', '192.0.2.9')] })),
    );
    await using _middle = await openTestResolver(deployment);
    const at = deployment.management;
    await using first = await forwardingTo({ at, port: dohPort, caFile: files.certificate });
    const { status, answers } = await first.dig('www.test');
    assert.equal(status, 'NOERROR');
    assert.match(answers[0] ?? '', /192\.0\.2\.9$/);
    assert.equal((await first.dig('CH', 'TXT', 'id.server')).status, 'NOERROR', 'which is its own to answer');
  });

  const wrong: [claim: string, name: string, isTrusted: boolean, reason: RegExp][] = [
    ['has another name', 'other.example', true, /altnames/],
    ['another authority stands for', 'dns.example', false, /self-signed|unable to|signature/],
  ];
  for (const [claim, name, isTrusted, reason] of wrong) {
    it(`section 10: sends nothing to a server that ${claim}, and says why it failed`, async () => {
      await using folder = await temporaryFolder();
      const { upstream, caFile } = await upstreamIn(folder.path);
      await using _upstream = upstream;
      const other = await makeCertificate(folder.path, 'other');
      const trusted = isTrusted ? caFile : other.certificate;
      await using resolver = await forwardingTo({ name, port: upstream.port, caFile: trusted });
      assert.equal((await resolver.dig('a.example')).status, 'SERVFAIL');
      const [status] = resolver.running.status.upstreams;
      assert.equal(status?.state, 'failed');
      assert.match(status?.reason ?? '', reason);
      assert.equal(upstream.calls.length, 0);
    });
  }

  it('is not told to ask one upstream in two ways, nor a zone half in clear text', () => {
    const { yaml } = testDeployment();
    const upstreams = /forward: \[\{ zone: \., upstreams: \[([^\]]*)\]/;
    const parse = (text: string): unknown => {
      const changed = yaml.replace(upstreams, `forward: [{ zone: ., upstreams: [${text}]`);
      assert.notEqual(changed, yaml);
      return parseConfig(changed, 'anycast.yaml', { checks: {}, drivers: ['bird'] });
    };
    const https = 'https: { name: dns.example }';
    assert.throws(
      () => parse(`192.0.2.7, { address: 192.0.2.8, ${https} }`),
      /with and without tls or https/,
    );
    assert.throws(() => parse(`{ address: 192.0.2.8, ${https}, tls: { name: dns.example } }`), /not both/);
    parse(`{ address: 192.0.2.7, tls: { name: dns.example } }, { address: 192.0.2.8, ${https} }`);
  });
});
