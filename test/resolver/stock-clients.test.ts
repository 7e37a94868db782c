import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { encodeMessage } from '../../src/dns/message.ts';
import { run, runOrThrow } from '../../src/system/run.ts';
import { eventually } from '../support/eventually.ts';
import { a, query, question } from './messages.ts';
import { openUpstream, replyTo } from './scripted-upstream.ts';
import { openTestResolver, type TestResolver } from './test-resolver.ts';
import { dohPort, dotPort, type TlsDeployment, tlsDeployment } from './tls-deployment.ts';

const missing = [];
for (const program of ['kdig', 'dig', 'curl', 'openssl']) {
  if ((await run(['sh', '-c', 'command -v "$0"', program])).exitCode !== 0) missing.push(program);
}
const skip = missing.length > 0 && `not installed: ${missing.join(', ')}`;

describe('stock clients', { skip }, () => {
  const parts = new AsyncDisposableStack();
  let made: TlsDeployment;
  let resolver: TestResolver;

  before(async () => {
    made = parts.use(await tlsDeployment());
    const { deployment } = made;
    parts.use(
      await openUpstream(deployment.upstreams[0], deployment.upstreamPort, ({ query: asked, send }) => {
        const [{ name } = question('.')] = asked.questions;
        send(replyTo(asked, { answers: [{ ...a('x.', '198.51.100.7', 123), name }] }));
      }),
    );
    resolver = parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  const kdig = (port: number, ...args: readonly string[]): Promise<string> =>
    runOrThrow(['kdig', `@${made.deployment.service}`, '-p', String(port), ...args, 'www.example.', 'A']);
  const dig = (port: number, ...args: readonly string[]): Promise<string> =>
    runOrThrow([
      'dig',
      `@${made.deployment.service}`,
      '-p',
      String(port),
      '+tries=1',
      ...args,
      'www.example.',
      'A',
    ]);
  const curl = (...args: readonly string[]): Promise<string> =>
    runOrThrow(['curl', '-sS', '--cacert', made.files.certificate, ...args]);
  /** By the name that is in the certificate. */
  const resolve = (): string[] => ['--resolve', `dns.example:${dohPort}:${made.deployment.service}`];
  const url = `https://dns.example:${dohPort}/dns-query`;

  it('kdig asks over DoT and DoH, by POST and GET', async () => {
    const validated = [`+tls-ca=${made.files.certificate}`, '+tls-hostname=dns.example'];
    for (const [port, args] of [
      [dotPort, ['+tls', ...validated]],
      [dohPort, ['+https', ...validated]],
      [dohPort, ['+https', '+https-get', ...validated]],
    ] as const)
      assert.match(await kdig(port, ...args), /www\.example\.\s+\d+\s+IN\s+A\s+198\.51\.100\.7/);
    const { dot, doh } = resolver.running.status.queries;
    assert.ok(dot >= 1 && doh >= 2, `${dot}, ${doh}`);
  });

  it('dig asks over DoT and DoH, and is told how long an idle connection is kept', async () => {
    const dot = await dig(dotPort, '+tls', '+keepalive');
    assert.match(dot, /198\.51\.100\.7/);
    assert.match(dot, /TCP.KEEPALIVE: 10\.0 secs/);
    for (const way of ['+https', '+https-get', '+https-post']) {
      const doh = await dig(dohPort, way, '+keepalive');
      assert.match(doh, /198\.51\.100\.7/);
      assert.doesNotMatch(doh, /KEEPALIVE/);
    }
  });

  it('curl gets an answer that HTTP may keep for as long as DNS does', async () => {
    const message = Buffer.from(encodeMessage(query('www.example.', 'A', { id: 0 }))).toString('base64url');
    const text = await curl('--http2', ...resolve(), '-D', '-', '-o', '/dev/null', `${url}?dns=${message}`);
    assert.match(text, /^HTTP\/2 200/);
    assert.match(text, /content-type: application\/dns-message/);
    const [, maxAge] = /cache-control: max-age=(\d+)/.exec(text) ?? [];
    assert.ok(Number(maxAge) > 0 && Number(maxAge) <= 123, maxAge);
  });

  it('curl of HTTP/1.1 is told what is spoken', async () => {
    const text = await curl('--http1.1', ...resolve(), '-D', '-', url);
    assert.match(text, /^HTTP\/1\.1 505 [\s\S]*HTTP\/2/);
  });

  it('curl finds a host with our DoH (--doh-url), for both types at once', async () => {
    // The host found has nobody on that port, which is how curl says that it found it.
    const tried = await run([
      'curl',
      '-sS',
      '-v',
      '--connect-timeout',
      '1',
      '--doh-insecure',
      '--doh-url',
      `https://${made.deployment.service}:${dohPort}/dns-query`,
      'http://found.example:1/',
    ]);
    assert.match(tried.stderr, /198\.51\.100\.7/);
  });

  it('status shows the certificate and what is listened on', async () => {
    const { certificate, listening } = resolver.running.status;
    assert.equal(certificate?.subject, 'CN=dns.example');
    assert.deepEqual(
      listening.filter(({ kind }) => kind === 'service').map(({ transport, port }) => [transport, port]),
      [
        ['udp', made.deployment.port],
        ['tcp', made.deployment.port],
        ['dot', dotPort],
        ['doh', dohPort],
      ],
    );
  });

  it('kdig on one connection: queries follow each other over DoT', async () => {
    const before = resolver.running.status.queries.dot;
    const text = await runOrThrow([
      'kdig',
      `@${made.deployment.service}`,
      '-p',
      String(dotPort),
      '+tls',
      '+keepopen',
      'one.example.',
      'two.example.',
      'three.example.',
    ]);
    assert.equal(text.match(/198\.51\.100\.7/g)?.length, 3);
    await eventually(() => assert.equal(resolver.running.status.queries.dot, before + 3));
  });
});
