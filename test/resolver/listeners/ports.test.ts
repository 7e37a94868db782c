import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { tcpLimitsOf } from '../../../src/resolver/listeners/tcp-connections.ts';
import { Fault } from '../../../src/system/fault.ts';
import { openTestResolver } from '../test-resolver.ts';
import { dohPort, dotPort, tlsDeployment } from '../tls-deployment.ts';

describe('ports of transports', () => {
  for (const [transport, port, key] of [
    ['dot', dotPort, 'resolver.transports.dot.port'],
    ['doh', dohPort, 'resolver.transports.doh.port'],
  ] as const) {
    it(`the fault of a ${transport} port that another process has names address, port and key`, async () => {
      await using made = await tlsDeployment();
      const { management } = made.deployment;
      const other = createServer().listen(port, management);
      await once(other, 'listening');
      await assert.rejects(openTestResolver(made.deployment), (error: unknown) => {
        assert.ok(error instanceof Fault && error.code === 'environment');
        assert.match(error.message, new RegExp(`${management} port ${port} \\(${transport}\\)`));
        assert.ok(error.hint?.includes(key), error.hint);
        return true;
      });
      await new Promise(resolve => other.close(resolve));
    });
  }

  it('a certificate that is not there is a fault, before anything is bound', async () => {
    await using made = await tlsDeployment();
    const { tls } = made.deployment.slice.config.resolver.transports;
    assert.ok(tls);
    await rm(tls.key);
    await assert.rejects(openTestResolver(made.deployment), /cannot use the certificate .*tls\.pem: ENOENT/);
  });

  it('the caps are those of the configuration', async () => {
    await using made = await tlsDeployment({}, [
      'connections: { total: 100, perClient: 7, idleTimeout: 3s }',
    ]);
    const { connections, connectionsPerClient, idleMs } = tcpLimitsOf(made.deployment.slice);
    assert.deepEqual([connections, connectionsPerClient, idleMs], [100, 7, 3000]);
  });
});
