import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { openSandbox, type Sandbox, whyNoSandbox } from '../../support/sandbox.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const configuration = `
service: { addresses: [203.0.113.53, "2001:db8:53::53"], asn: 64500 }
resolver:
  accessList: [198.18.0.0/15]
  forward: [{ zone: ., upstreams: [198.51.100.9] }]
checks: {}
pops:
  fra:
    management: [198.51.100.1, "2001:db8:1::1"]
    routerId: 198.51.100.1
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.1, remote: 198.51.100.2 }] }]
`;

const skip = await whyNoSandbox('dig');

describe('listening where addresses come and go', { skip: skip ?? false }, () => {
  const parts = new AsyncDisposableStack();
  let sandbox: Sandbox;

  before(async () => {
    const folder = parts.use(await temporaryFolder());
    sandbox = parts.use(await openSandbox());
    const config = join(folder.path, 'anycast.yaml');
    await writeFile(config, configuration);
    await sandbox.exec(['ip', 'netns', 'add', 'fra']);
    await ip('link', 'set', 'lo', 'up');
    for (const address of ['198.51.100.1/32', '2001:db8:1::1/128', '198.18.0.1/32', '198.20.0.1/32'])
      await ip('address', 'add', address, 'dev', 'lo');
    const resolver = sandbox.spawn(
      [
        process.execPath,
        resolve('src/main.ts'),
        'resolver',
        '-c',
        config,
        '-p',
        'fra',
        '--run-dir',
        folder.path,
      ],
      'fra',
    );
    parts.defer(async () => {
      await resolver.kill('SIGTERM');
      assert.equal(await resolver.exited, 0, resolver.output.join('\n'));
    });
    await eventually(
      async () => assert.match(await ask('198.51.100.1'), /"fra"/, resolver.output.join('\n')),
      { within: 20_000 },
    );
  });
  after(() => parts.disposeAsync());

  async function ip(...args: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await sandbox.exec(['ip', ...args], 'fra');
    assert.equal(exitCode, 0, stderr);
  }

  async function ask(address: string, ...args: readonly string[]): Promise<string> {
    const argv = ['dig', `@${address}`, '+tries=1', '+time=1', ...args, 'CH', 'TXT', 'id.server'] as const;
    return (await sandbox.exec([...argv], 'fra')).stdout;
  }

  it('answers on the service addresses as soon as they appear, and again after they were gone', async () => {
    const addresses = { '203.0.113.53/32': '203.0.113.53', '2001:db8:53::53/128': '2001:db8:53::53' };
    assert.doesNotMatch(await ask('203.0.113.53'), /ANSWER SECTION/);
    for (let times = 0; times < 2; times += 1) {
      for (const [prefix, address] of Object.entries(addresses)) {
        await ip('address', 'add', prefix, 'dev', 'lo');
        for (const transport of ['+notcp', '+tcp'])
          await eventually(async () => assert.match(await ask(address, transport), /"fra"/));
        await ip('address', 'del', prefix, 'dev', 'lo');
        assert.doesNotMatch(await ask(address), /ANSWER SECTION/);
      }
    }
    assert.match(await ask('198.51.100.1'), /"fra"/);
  });

  it('refuses strangers and answers the networks of the access list', async () => {
    await ip('address', 'add', '203.0.113.53/32', 'dev', 'lo');
    await eventually(async () => assert.match(await ask('203.0.113.53', '-b', '198.18.0.1'), /"fra"/));
    const refused = await ask('203.0.113.53', '-b', '198.20.0.1');
    assert.match(refused, /status: REFUSED/);
    assert.match(refused, /EDE: 18 \(Prohibited\)/);
    await ip('address', 'del', '203.0.113.53/32', 'dev', 'lo');
  });
});
