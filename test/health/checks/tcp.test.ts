import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { tcpCheck } from '../../../src/health/checks/tcp.ts';
import { eventually } from '../../support/eventually.ts';
import { probeCheck, reasonOf } from '../../support/probe-check.ts';

interface Listening extends AsyncDisposable {
  readonly port: number;
  connections(): number;
}

async function listening(
  onConnection: (socket: Socket) => void = () => undefined,
  host = '127.0.0.1',
): Promise<Listening> {
  const open = new Set<Socket>();
  const server = createServer(socket => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => open.size,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('the tcp check', () => {
  it('is healthy when the port of every service address accepts a connection', async () => {
    await using server = await listening();
    assert.equal((await probeCheck(tcpCheck, { port: server.port })).kind, 'healthy');
    await eventually(() => assert.equal(server.connections(), 0, 'no connection is left'));
  });

  it('reaches an IPv6 service address', async () => {
    await using server = await listening(undefined, '::1');
    const verdict = await probeCheck(tcpCheck, { port: server.port }, { serviceAddresses: ['::1'] });
    assert.equal(reasonOf(verdict), '');
  });

  it('is unhealthy when one of the service addresses refuses', async () => {
    await using server = await listening();
    const serviceAddresses = ['127.0.0.1', '127.0.0.2'];
    assert.deepEqual(await probeCheck(tcpCheck, { port: server.port }, { serviceAddresses }), {
      kind: 'unhealthy',
      reason: `tcp 127.0.0.2 port ${server.port}: connection refused`,
    });
  });

  it('asks at the given address instead of the service addresses', async () => {
    await using server = await listening();
    const verdict = await probeCheck(
      tcpCheck,
      { port: server.port, address: '127.0.0.1' },
      { serviceAddresses: ['127.0.0.2'] },
    );
    assert.equal(verdict.kind, 'healthy');
  });

  it('is healthy when the server begins with the banner, in however many pieces', async () => {
    await using server = await listening(socket => {
      socket.write('220 ');
      setImmediate(() => socket.write('mail.example ready\r\n'));
    });
    const verdict = await probeCheck(tcpCheck, { port: server.port, banner: '220 mail.example' });
    assert.equal(reasonOf(verdict), '');
  });

  it('is unhealthy with what the server said when that is something else, without its control characters', async () => {
    await using server = await listening(socket => socket.write('\u001b[2J554 no service here'));
    const verdict = await probeCheck(tcpCheck, { port: server.port, banner: '220 mail' });
    assert.equal(verdict.kind, 'unhealthy');
    assert.match(reasonOf(verdict), /: said '\.\[2J554 ', not '220 mail'$/);
  });

  it('is unhealthy when the server closes without a word', async () => {
    await using server = await listening(socket => socket.end());
    const verdict = await probeCheck(tcpCheck, { port: server.port, banner: '220' });
    assert.match(reasonOf(verdict), /closed without a word/);
  });

  it('is unhealthy when the banner does not come in time, and leaves no connection behind', async () => {
    await using server = await listening();
    const verdict = await probeCheck(tcpCheck, { port: server.port, banner: '220' }, { timeoutMs: 100 });
    assert.deepEqual(verdict, {
      kind: 'unhealthy',
      reason: `tcp 127.0.0.1 port ${server.port}: no answer in time`,
    });
    await eventually(() => assert.equal(server.connections(), 0));
  });
});
