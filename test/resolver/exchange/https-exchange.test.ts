import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createServer } from 'node:tls';
import { encodeMessage } from '../../../src/dns/message.ts';
import type { Wait } from '../../../src/resolver/exchange/endpoint.ts';
import { type Answer, makeQuery } from '../../../src/resolver/exchange/query.ts';
import { isSystemError } from '../../../src/resolver/exchange/system-error.ts';
import { Transports } from '../../../src/resolver/exchange/transports.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { makeCertificate, type TestCertificate } from '../certificates.ts';
import { a, question } from '../messages.ts';
import { replyTo } from '../scripted-upstream.ts';
import { ip } from './authorities-under-test.ts';
import { type HttpsCall, type HttpsUpstream, host, openHttpsUpstream } from './https-upstream.ts';

const right = (call: HttpsCall): void =>
  call.send(replyTo(call.query, { answers: [a('www.test.', '192.0.2.1')] }));
const silent = (): void => undefined;

describe('an exchange over HTTPS', () => {
  const made = new AsyncDisposableStack();
  let certificate: TestCertificate;
  let authorities: string;
  let parts: AsyncDisposableStack;
  let transports: Transports;
  let mismatches: number;

  before(async () => {
    certificate = await makeCertificate(made.use(await temporaryFolder()).path);
    authorities = await readFile(certificate.certificate, 'utf8');
  });
  after(() => made.disposeAsync());
  beforeEach(() => {
    parts = new AsyncDisposableStack();
    transports = new Transports(systemClock);
    mismatches = 0;
  });
  afterEach(async () => {
    await transports[Symbol.asyncDispose]();
    await parts.disposeAsync();
  });

  async function serve(...scripts: ((call: HttpsCall) => void)[]): Promise<HttpsUpstream> {
    let number = 0;
    const script = (call: HttpsCall): void => {
      (scripts[number] ?? scripts.at(-1) ?? silent)(call);
      number += 1;
    };
    return parts.use(await openHttpsUpstream(certificate, script));
  }

  function ask(port: number): Wait<Answer> {
    const query = makeQuery({
      id: 0,
      question: question('www.test.'),
      secretCase: undefined,
      recursionDesired: true,
      checkingDisabled: false,
      edns: { dnssecOk: false },
    });
    const address = ip(host);
    const server = { address, source: address, port, name: 'dns.example', authorities, path: '/dns-query' };
    const onMismatch = (): void => {
      mismatches += 1;
    };
    return transports.overHttps({ server, query, onMismatch });
  }

  async function assertAnswered(wait: Wait<Answer>): Promise<void> {
    assert.equal((await wait.outcome)?.message.answers.length, 1);
  }

  async function assertFails(wait: Wait<Answer>, reason: RegExp): Promise<void> {
    await assert.rejects(wait.outcome, (error: Error) => {
      assert.match(error.message, reason);
      // What the forwarder takes for the server's fault, not for ours.
      assert.ok(isSystemError(error));
      return true;
    });
  }

  it('has one session for all queries, also for those that are asked at once', async () => {
    const upstream = await serve(right);
    await Promise.all([ask(upstream.port), ask(upstream.port), ask(upstream.port)].map(assertAnswered));
    await assertAnswered(ask(upstream.port));
    assert.equal(upstream.sessions.length, 1);
    assert.equal(upstream.calls.length, 4);
  });

  const useless: [claim: string, script: (call: HttpsCall) => void, reason: RegExp][] = [
    [
      'a status other than 200',
      ({ stream }) => stream.respond({ ':status': 503 }, { endStream: true }),
      /503/,
    ],
    ['a redirection', ({ stream }) => stream.respond({ ':status': 302, location: '/' }), /302/],
    ['another media type', ({ query, send }) => send(query, { 'content-type': 'text/html' }), /text\/html/],
    ['no media type', ({ stream }) => stream.respond({ ':status': 200 }), /not DNS/],
    ['octets that are no message', ({ send }) => send(new Uint8Array(40)), /no answer/],
    ['nothing', ({ send }) => send(new Uint8Array(0)), /no answer/],
    ['another question', ({ query, send }) => send(otherQuestion(query)), /no answer/],
    ['another id', ({ query, send }) => send(replyTo({ ...query, id: 7 })), /no answer/],
  ];
  for (const [claim, script, reason] of useless) {
    it(`fails with the reason where the server answers ${claim}, and goes on with the session`, async () => {
      const upstream = await serve(script, right);
      await assertFails(ask(upstream.port), reason);
      assert.equal(mismatches, reason.source === 'no answer' ? 1 : 0);
      await assertAnswered(ask(upstream.port));
      assert.equal(upstream.sessions.length, 1);
    });
  }

  function otherQuestion(query: HttpsCall['query']): HttpsCall['query'] {
    return { ...replyTo(query), questions: [question('other.test.')] };
  }

  it('takes no more than a message can have, and resets the stream', async () => {
    const upstream = await serve(({ stream }) => {
      stream.respond({ ':status': 200, 'content-type': 'application/dns-message' });
      const more = (): boolean => !stream.destroyed && stream.write(Buffer.alloc(16_384), more);
      more();
    });
    await assertFails(ask(upstream.port), /more than a DNS message/);
    await eventually(() =>
      assert.equal(upstream.calls[0]?.stream.rstCode, constants.NGHTTP2_CANCEL, 'the server is told'),
    );
  });

  it('ends when it is ended, and leaves a session on which nothing has come meanwhile', async () => {
    const upstream = await serve(silent, right);
    const waiting = ask(upstream.port);
    await eventually(() => assert.equal(upstream.calls.length, 1));
    waiting.end();
    assert.equal(await waiting.outcome, undefined);
    await assertAnswered(ask(upstream.port));
    assert.equal(upstream.sessions.length, 2);
    await eventually(() => assert.ok(upstream.sessions[0]?.destroyed, 'the first is closed'));
  });

  it('keeps a session on which others were answered while one waited in vain', async () => {
    const upstream = await serve(silent, right);
    const waiting = ask(upstream.port);
    await eventually(() => assert.equal(upstream.calls.length, 1));
    await assertAnswered(ask(upstream.port));
    waiting.end();
    assert.equal(await waiting.outcome, undefined);
    await assertAnswered(ask(upstream.port));
    assert.equal(upstream.sessions.length, 1);
  });

  it('ends before there is a session, and holds on to none then', async () => {
    const upstream = await serve(right);
    const waiting = ask(upstream.port);
    waiting.end();
    assert.equal(await waiting.outcome, undefined);
    await assertAnswered(ask(upstream.port));
    assert.equal(upstream.calls.length, 1);
  });

  it('opens another session after GOAWAY, and asks there what the server had not taken', async () => {
    const upstream = await serve(
      right,
      ({ session }) => session.goaway(constants.NGHTTP2_NO_ERROR, 1),
      right,
    );
    await assertAnswered(ask(upstream.port));
    await assertAnswered(ask(upstream.port));
    assert.deepEqual([upstream.sessions.length, upstream.calls.length], [2, 3]);
  });

  it('asks once more, and no more than once, where a session that has served is lost', async () => {
    const lose = ({ session }: HttpsCall): void => session.destroy();
    const upstream = await serve(right, lose, right, lose, lose, right);
    await assertAnswered(ask(upstream.port));
    await assertAnswered(ask(upstream.port));
    assert.equal(upstream.calls.length, 3);
    await assertFails(ask(upstream.port), /./);
    assert.equal(upstream.calls.length, 5);
  });

  it('resumes the TLS session on a new connection', async () => {
    const upstream = await serve(right, ({ session }) => session.destroy(), right);
    await assertAnswered(ask(upstream.port));
    await assertAnswered(ask(upstream.port));
    assert.equal(upstream.sockets.length, 2);
    assert.equal(upstream.sockets[1]?.isSessionReused(), true);
  });

  it('fails where HTTP/2 is not spoken, and tries no new connection for a moment', async () => {
    let connections = 0;
    const options = { cert: authorities, key: await readFile(certificate.key) };
    const server = createServer(options, socket => socket.on('error', () => socket.destroy()));
    server.on('connection', socket => {
      connections += 1;
      parts.defer(() => void socket.destroy());
    });
    server.on('tlsClientError', () => undefined);
    parts.defer(() => void server.close());
    server.listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await assertFails(ask(port), /HTTP\/2/);
    await assertFails(ask(port), /HTTP\/2/);
    assert.equal(connections, 1);
  });

  it('fails where nobody listens', async () => {
    const gone = await openHttpsUpstream(certificate, right);
    await gone[Symbol.asyncDispose]();
    await assertFails(ask(gone.port), /ECONNREFUSED/);
  });

  it('fails with what is under way when it is disposed of', async () => {
    const upstream = await serve(silent);
    const waiting = ask(upstream.port);
    const failing = assertFails(waiting, /./);
    await eventually(() => assert.equal(upstream.calls.length, 1));
    await transports[Symbol.asyncDispose]();
    await failing;
  });

  it('sends nothing but the query: not the path of another, nor anything of who asks', async () => {
    const upstream = await serve(right);
    await assertAnswered(ask(upstream.port));
    const [call] = upstream.calls;
    assert.deepEqual(
      Object.keys(call?.headers ?? {})
        .filter(name => !name.startsWith(':'))
        .toSorted(),
      ['accept', 'content-length', 'content-type'],
    );
    assert.deepEqual(call?.octets, encodeMessage(call?.query ?? assert.fail()));
  });
});
