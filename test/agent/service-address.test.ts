import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openSandbox, type Sandbox, whyNoSandbox } from '../support/sandbox.ts';

const skip = (await whyNoSandbox()) ?? false;

const moduleOf = (path: string): string => pathToFileURL(path).href;
const program = `
import { loopbackAddresses } from '${moduleOf('src/agent/service-address.ts')}';
import { parseIpAddress } from '${moduleOf('src/ip/address.ts')}';
const addresses = loopbackAddresses(['203.0.113.53', '2001:db8:53::53'].map(parseIpAddress));
const { signal } = new AbortController();
for (const step of process.argv.slice(1)) {
  try {
    console.log(step, ((await addresses[step](signal)) ?? []).map(address => address.text).join(' '));
  } catch (error) {
    console.log(step, error.code, error.message);
  }
}
`;

/** Puts and removes in a network of its own, as the steps say; gives what each step printed. */
async function steps(sandbox: Sandbox, ...names: ('put' | 'remove')[]): Promise<string[]> {
  const { stdout, stderr } = await sandbox.exec([
    process.execPath,
    '--input-type=module',
    '-e',
    program,
    ...names,
  ]);
  assert.equal(stderr, '');
  return stdout.split('\n').map(line => line.trim());
}

async function onLoopback(sandbox: Sandbox): Promise<string> {
  return (await sandbox.exec(['ip', 'address', 'show', 'dev', 'lo'])).stdout;
}

describe('service addresses on lo', { skip }, () => {
  it('are put there as host addresses, both families, and again without complaint', async () => {
    await using sandbox = await openSandbox();
    assert.deepEqual(await steps(sandbox, 'put', 'put'), ['put 203.0.113.53 2001:db8:53::53', 'put']);
    const shown = await onLoopback(sandbox);
    assert.match(shown, /inet 203\.0\.113\.53\/32/);
    assert.match(shown, /inet6 2001:db8:53::53\/128/);
    assert.doesNotMatch(shown, /tentative/);
  });

  it('are removed, the loopback address itself not, and again without complaint', async () => {
    await using sandbox = await openSandbox();
    assert.deepEqual(await steps(sandbox, 'put', 'remove', 'remove'), [
      'put 203.0.113.53 2001:db8:53::53',
      'remove',
      'remove',
    ]);
    const shown = await onLoopback(sandbox);
    assert.doesNotMatch(shown, /203\.0\.113\.53|2001:db8/);
    assert.match(shown, /inet 127\.0\.0\.1/);
  });

  it('are put back one at a time when only one is missing', async () => {
    await using sandbox = await openSandbox();
    await steps(sandbox, 'put');
    await sandbox.exec(['ip', 'address', 'del', '203.0.113.53/32', 'dev', 'lo']);
    assert.deepEqual(await steps(sandbox, 'put'), ['put 203.0.113.53']);
  });

  it('say what to do when lo is down', async () => {
    await using sandbox = await openSandbox();
    await sandbox.exec(['ip', 'link', 'set', 'lo', 'down']);
    assert.match((await steps(sandbox, 'put'))[0] ?? '', /^put environment .* does not show there/);
  });
});
