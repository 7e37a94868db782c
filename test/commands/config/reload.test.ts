import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ResolverStatus } from '../../../src/resolver/control.ts';
import { askControl } from '../../../src/system/control-socket.ts';
import { type RunResult, run } from '../../../src/system/run.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const deployment = testDeployment({ resolver: ['version: one'] });

describe('anycast config, with a resolver that runs', () => {
  const parts = new AsyncDisposableStack();
  let file: string;
  let folder: string;
  let pid: number;

  before(async () => {
    const { path } = parts.use(await temporaryFolder());
    folder = path;
    file = join(folder, 'anycast.yaml');
    await writeFile(file, deployment.yaml);
    const args = ['resolver', '-c', file, '-p', 'fra', '--run-dir', folder];
    const resolver = spawn('./anycast', args, { stdio: 'ignore' });
    parts.defer(async () => {
      resolver.kill('SIGTERM');
      if (resolver.exitCode === null) await once(resolver, 'exit');
    });
    // The launcher may be a process of its own: the resolver says which it is.
    pid = (await eventually(() => status(), { within: 20_000 })).pid;
  });
  after(() => parts.disposeAsync());

  async function status(): Promise<ResolverStatus> {
    return (await askControl(join(folder, 'resolver.sock'), 'status')) as ResolverStatus;
  }

  async function anycast(...args: string[]): Promise<RunResult> {
    return await run(['./anycast', 'config', ...args], { timeoutMs: 30_000 });
  }

  async function version(): Promise<string> {
    const at = ['-p', String(deployment.port), `@${deployment.management}`];
    const dug = await run(['dig', '+short', '+tries=1', ...at, 'CH', 'TXT', 'version.bind']);
    return dug.stdout.trim();
  }

  it('reload takes a changed file over, says what changed, what waits for a restart, and who was told', async () => {
    assert.equal(await version(), '"one"');
    const text = deployment.yaml
      .replace('version: one', 'version: two')
      .replace(`port: ${deployment.port}`, `port: ${deployment.port + 1}`);
    await writeFile(file, text);
    const { stdout, stderr, exitCode } = await anycast(
      'reload',
      '-c',
      file,
      '-p',
      'fra',
      '--run-dir',
      folder,
    );
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^fra: the resolver was told$/m);
    assert.match(stdout, /^ {2}changed: resolver\.version$/m);
    assert.match(stdout, /^ {2}changed and needs a restart: resolver\.port$/m);
    assert.match(stdout, /^agent and sidecar were not/m);
    assert.equal(await version(), '"two"');
    const check = await anycast('check', '-c', file);
    const { hash } = (await status()).configuration;
    assert.ok(hash !== null && check.stdout.includes(hash), check.stdout);
  });

  it('reload and check refuse a bad file with the same words and exit code 78, and nothing changes', async () => {
    await writeFile(file, deployment.yaml.replace('version: one', 'versoin: three'));
    const reload = await anycast('reload', '-c', file, '-p', 'fra', '--run-dir', folder);
    const check = await anycast('check', '-c', file);
    assert.equal(reload.exitCode, 78, reload.stderr);
    assert.match(reload.stderr, /anycast\.yaml:3: resolver\.versoin: unknown key: did you mean 'version'\?/);
    assert.deepEqual([check.exitCode, check.stderr], [reload.exitCode, reload.stderr]);
    assert.equal(await version(), '"two"');
    assert.equal((await status()).configuration.lastReload?.result, 'refused');
  });

  it('SIGHUP does the same as reload', async () => {
    await writeFile(file, deployment.yaml.replace('version: one', 'version: four'));
    process.kill(pid, 'SIGHUP');
    await eventually(async () => assert.equal(await version(), '"four"'));
    await writeFile(file, 'service: [');
    process.kill(pid, 'SIGHUP');
    await eventually(async () => {
      const { lastReload } = (await status()).configuration;
      assert.equal(lastReload?.result, 'refused');
    });
    assert.equal(await version(), '"four"');
  });

  it('reload without a resolver ends with 69, and for another PoP with 1', async () => {
    const nobody = await anycast('reload', '-c', file, '-p', 'fra', '--run-dir', join(folder, 'nowhere'));
    assert.equal(nobody.exitCode, 69, nobody.stderr);
    const other = await anycast('reload', '-c', file, '-p', 'nyc', '--run-dir', folder);
    assert.equal(other.exitCode, 1);
    assert.match(other.stderr, /resolver of fra, not of nyc/);
  });
});
