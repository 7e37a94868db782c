import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { before, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { httpCheck } from '../../../src/health/checks/http.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { complaintsOf, probeCheck, reasonOf } from '../../support/probe-check.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Web extends AsyncDisposable {
  readonly port: number;
  readonly requests: IncomingMessage[];
}

async function serving(server: Server, host = '127.0.0.1'): Promise<Web> {
  const requests: IncomingMessage[] = [];
  server.on('request', request => requests.push(request));
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const web = (listener: RequestListener, host?: string): Promise<Web> => serving(createServer(listener), host);

const status =
  (code: number, headers = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(code, headers).end('a page');

describe('the http check', () => {
  it('is healthy when every service address answers 2xx, asked on a connection of its own', async () => {
    await using server = await web(status(204));
    assert.equal(reasonOf(await probeCheck(httpCheck, { port: server.port })), '');
    const [request] = server.requests;
    assert.deepEqual(
      [request?.method, request?.url, request?.headers.host, request?.headers.connection],
      ['GET', '/', `127.0.0.1:${server.port}`, 'close'],
    );
  });

  it('asks with the method, path and Host that are configured', async () => {
    await using server = await web(status(200));
    const asked = { port: server.port, method: 'HEAD', path: '/health?deep=1', host: 'www.example' };
    assert.equal(reasonOf(await probeCheck(httpCheck, asked)), '');
    const [request] = server.requests;
    assert.deepEqual(
      [request?.method, request?.url, request?.headers.host],
      ['HEAD', '/health?deep=1', 'www.example'],
    );
  });

  it('reaches an IPv6 service address', async () => {
    await using server = await web(status(200), '::1');
    const verdict = await probeCheck(httpCheck, { port: server.port }, { serviceAddresses: ['::1'] });
    assert.equal(reasonOf(verdict), '');
  });

  it('is unhealthy with the status when that is not among the expected', async () => {
    await using server = await web(status(503));
    assert.deepEqual(await probeCheck(httpCheck, { port: server.port, status: [200, '300-399'] }), {
      kind: 'unhealthy',
      reason: 'http 127.0.0.1: status 503, not 200, 300-399',
    });
    assert.equal(reasonOf(await probeCheck(httpCheck, { port: server.port, status: 503 })), '');
  });

  it('does not follow a redirection: its own status counts', async () => {
    await using server = await web(status(302, { location: '/elsewhere' }));
    assert.match(reasonOf(await probeCheck(httpCheck, { port: server.port })), /status 302, not 200-299/);
    assert.equal(server.requests.length, 1);
  });

  it('finds the wanted text across pieces of the body', async () => {
    await using server = await web((_request, response) => {
      response.write('{"status":"he');
      setImmediate(() => response.end('althy"}'));
    });
    const verdict = await probeCheck(httpCheck, { port: server.port, contains: '"healthy"' });
    assert.equal(reasonOf(verdict), '');
  });

  it('is unhealthy when the body lacks the wanted text', async () => {
    await using server = await web(status(200));
    assert.deepEqual(await probeCheck(httpCheck, { port: server.port, contains: 'healthy' }), {
      kind: 'unhealthy',
      reason: 'http 127.0.0.1: the body does not contain "healthy"',
    });
  });

  it('reads 64 KiB of a body that never ends, and no more', async () => {
    await using server = await web((_request, response) => {
      const chunk = Buffer.alloc(16 * 1024, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const verdict = await probeCheck(httpCheck, { port: server.port, contains: 'healthy' });
    assert.match(reasonOf(verdict), /does not contain/);
  });

  it('is unhealthy when nobody listens, when the answer is no HTTP, and when it does not come in time', async () => {
    const gone = await web(status(200));
    await gone[Symbol.asyncDispose]();
    assert.match(reasonOf(await probeCheck(httpCheck, { port: gone.port })), /connection refused/);

    const talker = createTcpServer(socket => socket.on('error', () => undefined).end('220 mail\r\n\r\n'));
    talker.listen(0, '127.0.0.1');
    await once(talker, 'listening');
    const babble = await probeCheck(httpCheck, { port: (talker.address() as AddressInfo).port });
    talker.close();
    assert.equal(babble.kind, 'unhealthy');
    assert.match(reasonOf(babble), /Parse Error/);

    await using mute = await web(() => undefined);
    assert.deepEqual(await probeCheck(httpCheck, { port: mute.port }, { timeoutMs: 100 }), {
      kind: 'unhealthy',
      reason: 'http 127.0.0.1: no answer in time',
    });
  });

  it('is unhealthy when the body with the wanted text does not come in time', async () => {
    await using server = await web((_request, response) => response.write('wait'));
    const verdict = await probeCheck(httpCheck, { port: server.port, contains: 'x' }, { timeoutMs: 150 });
    assert.match(reasonOf(verdict), /no answer in time/);
  });

  describe('over TLS', () => {
    let key: string;
    let cert: string;
    before(async () => {
      await using folder = await temporaryFolder();
      const files = { key: `${folder.path}/key.pem`, cert: `${folder.path}/cert.pem` };
      const subject = ['-subj', '/CN=www.example', '-addext', 'subjectAltName=DNS:www.example'];
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
      await runOrThrow([
        'openssl',
        ...['req', '-x509', ...curve, ...subject, '-keyout', files.key, '-out', files.cert],
      ]);
      key = await readFile(files.key, 'utf8');
      cert = await readFile(files.cert, 'utf8');
    });

    it('names the server in the handshake', async () => {
      await using server = await serving(createTlsServer({ key, cert }, status(200)));
      const asked = { port: server.port, tls: true, serverName: 'www.example', verify: false };
      assert.equal(reasonOf(await probeCheck(httpCheck, asked)), '');
      assert.equal((server.requests[0]?.socket as TLSSocket | undefined)?.servername, 'www.example');
    });

    it('does not believe a certificate that nobody vouches for', async () => {
      await using server = await serving(createTlsServer({ key, cert }, status(200)));
      const asked = { port: server.port, tls: true, serverName: 'www.example' };
      const verdict = await probeCheck(httpCheck, asked);
      assert.equal(verdict.kind, 'unhealthy');
      assert.match(reasonOf(verdict), /^https 127\.0\.0\.1: self-signed certificate/);
    });
  });

  it('refuses options that make no sense, and says why', () => {
    assert.deepEqual(complaintsOf(httpCheck, { method: 'HEAD', contains: 'x' }), [
      'contains: the answer to HEAD has no body: use GET',
    ]);
    assert.deepEqual(complaintsOf(httpCheck, { serverName: 'www.example' }), [
      'serverName: has a meaning only with tls: true',
    ]);
    assert.deepEqual(complaintsOf(httpCheck, { status: [200, '2xx'] }), [
      'status.1: "2xx" is no status: write 200, 200-299 or a list of such',
    ]);
    assert.deepEqual(complaintsOf(httpCheck, { status: '299-200' }).length, 1);
    assert.deepEqual(complaintsOf(httpCheck, { path: 'health' }), [
      'path: a path begins with / and is percent-encoded',
    ]);
  });
});
