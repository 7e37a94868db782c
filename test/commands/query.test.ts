import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type RunResult, run } from '../../src/system/run.ts';
import { a, question } from '../resolver/messages.ts';
import { openUpstream, replyTo } from '../resolver/scripted-upstream.ts';
import { openTestResolver } from '../resolver/test-resolver.ts';
import { dohPort, dotPort, type TlsDeployment, tlsDeployment } from '../resolver/tls-deployment.ts';

describe('anycast query', () => {
  const parts = new AsyncDisposableStack();
  let made: TlsDeployment;

  before(async () => {
    made = parts.use(await tlsDeployment());
    const { deployment } = made;
    parts.use(
      await openUpstream(deployment.upstreams[0], deployment.upstreamPort, ({ query, send }) => {
        const [{ name } = question('.')] = query.questions;
        const answers = Array.from({ length: 100 }, (_, last) => ({
          ...a('x.', `192.0.2.${last}`, 123),
          name,
        }));
        const isLarge = name[0] === 5;
        send(replyTo(query, { answers: isLarge ? answers : answers.slice(0, 1) }));
      }),
    );
    parts.use(await openTestResolver(deployment));
  });
  after(() => parts.disposeAsync());

  const query = async (port: number, ...args: readonly string[]): Promise<RunResult> =>
    await run(
      [
        './anycast',
        'query',
        ...args,
        `@${made.deployment.service}`,
        '--port',
        String(port),
        '--timeout',
        '3s',
      ],
      { timeoutMs: 30_000 },
    );
  const verified = (): string[] => ['--tls-name', 'dns.example', '--ca-file', made.files.certificate];

  it('asks over UDP, TCP, DoT and DoH, and says over which it was answered', async () => {
    const { port } = made.deployment;
    for (const [over, at, args] of [
      ['udp', port, []],
      ['tcp', port, ['--tcp']],
      ['dot', dotPort, ['--dot', ...verified()]],
      ['doh', dohPort, ['--doh', ...verified()]],
    ] as const) {
      const { stdout, stderr, exitCode } = await query(at, 'www.example.', 'A', ...args);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /^;; NOERROR, flags: qr rd ra/);
      assert.match(stdout, /^www\.example\. \d+ IN A 192\.0\.2\.0$/m);
      assert.match(stdout, new RegExp(`octets from .* over ${over} in`));
    }
  });

  it('asks again over TCP for what does not fit', async () => {
    const { stdout } = await query(made.deployment.port, 'large.example.');
    assert.equal(stdout.match(/ IN A /g)?.length, 100);
    assert.match(stdout, /over tcp/);
  });

  it('shows who answers, and extended errors, also as JSON', async () => {
    const { stdout } = await query(made.deployment.port, 'id.server.', 'CH', '--nsid', '--json');
    const reply = JSON.parse(stdout);
    assert.equal(reply.nsid, 'fra');
    assert.deepEqual(reply.answer, ['id.server. 0 CH TXT "fra"']);
    assert.deepEqual(reply.extendedErrors, []);
    const { stdout: refused } = await query(made.deployment.port, 'www.example.', 'TYPE200');
    assert.match(refused, /^;; NOTIMP/);
    assert.match(refused, /^;; EDE 21 \(notSupported\)/m);
  });

  it('believes no certificate of another name or another authority, and asks in the clear never', async () => {
    const { stderr, exitCode } = await query(dotPort, 'www.example.', '--dot', '--tls-name', 'other.example');
    assert.equal(exitCode, 69);
    assert.match(stderr, /over dot: /);
    const wrongName = ['--tls-name', 'other.example', '--ca-file', made.files.certificate];
    assert.equal((await query(dohPort, 'www.example.', '--doh', ...wrongName)).exitCode, 69);
    const insecure = await query(dotPort, 'www.example.', '--dot', '--insecure');
    assert.equal(insecure.exitCode, 0, insecure.stderr);
  });

  it('ends with 69 where nobody answers, and with 64 for what makes no sense', async () => {
    assert.equal((await query(9, 'www.example.', '--timeout', '300ms')).exitCode, 69);
    for (const args of [
      ['www..example'],
      ['www.example.', 'NOTATYPE'],
      ['www.example.', '--tcp', '--dot'],
      ['www.example.', '--dot'],
    ])
      assert.equal((await query(53, ...args)).exitCode, 64, args.join(' '));
  });
});
