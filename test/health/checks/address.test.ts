import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addressCheck } from '../../../src/health/checks/address.ts';
import { probeCheck } from '../../support/probe-check.ts';
import { openSandbox, whyNoSandbox } from '../../support/sandbox.ts';

describe('the address check', () => {
  it('is healthy while the service addresses are on lo', async () => {
    const verdict = await probeCheck(addressCheck, {}, { serviceAddresses: ['127.0.0.1'] });
    assert.deepEqual(verdict, { kind: 'healthy', detail: 'all on lo' });
  });

  it('is unhealthy at once when one is missing, and names it', async () => {
    const serviceAddresses = ['127.0.0.1', '203.0.113.53', '2001:db8:53::53'];
    assert.deepEqual(await probeCheck(addressCheck, {}, { serviceAddresses }), {
      kind: 'unhealthy',
      reason: 'not on lo: 203.0.113.53, 2001:db8:53::53',
      immediate: true,
    });
  });

  it('looks at another interface where told', async () => {
    const verdict = await probeCheck(addressCheck, { interface: 'anycast0' });
    assert.equal(verdict.kind === 'unhealthy' && verdict.reason, 'not on anycast0: 127.0.0.1');
  });

  const skip = (async () => (await whyNoSandbox()) ?? false)();
  it('follows addresses of both families that come and go, and lo itself', async context => {
    const why = await skip;
    if (why) return context.skip(why);
    await using sandbox = await openSandbox();
    const program = fileURLToPath(new URL('../../support/address-check-process.ts', import.meta.url));
    const look = async (): Promise<string> => {
      const { stdout } = await sandbox.exec([process.execPath, program, '203.0.113.53', '2001:db8:53::53']);
      return stdout;
    };
    const ip = async (...args: string[]): Promise<void> => {
      const { exitCode, stderr } = await sandbox.exec(['ip', ...args]);
      assert.equal(exitCode, 0, stderr);
    };
    assert.equal(await look(), 'unhealthy');
    await ip('address', 'add', '203.0.113.53/32', 'dev', 'lo');
    assert.equal(await look(), 'unhealthy');
    await ip('address', 'add', '2001:db8:53::53/128', 'dev', 'lo');
    assert.equal(await look(), 'healthy');
    await ip('link', 'set', 'lo', 'down');
    assert.equal(await look(), 'unhealthy');
  });
});
