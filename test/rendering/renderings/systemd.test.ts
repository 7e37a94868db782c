/** The units, judged by systemd's own programs. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { programPath } from '../../../src/system/program-path.ts';
import { run } from '../../../src/system/run.ts';
import { fileOf, rendered, renderedFolder, withoutPassword } from '../rendered-fra.ts';

/** What `systemd-analyze security` (252) makes of each, from 0 to 10: measured, and to get no worse. */
const exposure = { resolver: 1.8, sidecar: 2.1, agent: 2.1 } as const;

const missing = async (program: string): Promise<string | false> =>
  (await programPath(program)) === undefined
    ? `the program ${program} is not installed (package systemd)`
    : false;

const noAnalyze = await missing('systemd-analyze');
const noUsers = await missing('systemd-sysusers');
const noFolders =
  (await missing('systemd-tmpfiles')) || (process.getuid?.() !== 0 && 'changing a group needs root');

/** One setting of a unit, as often as it stands there. */
const settings = (unit: string, name: string): string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

const files = await rendered(withoutPassword, ['systemd']);
const unit = (name: string): string => fileOf(files, `systemd/anycast-${name}.service`).text;

describe('the systemd units', () => {
  it('are right to the letter for systemd-analyze verify', {
    skip: noAnalyze,
  }, async () => {
    await using folder = await renderedFolder(withoutPassword, ['systemd'], { prefix: resolve('.') });
    const names = (await readdir(folder.file('systemd'))).filter(name => name.startsWith('anycast'));
    assert.equal(names.length, 4);
    const paths = names.map(name => folder.file(`systemd/${name}`));
    const result = await run(['systemd-analyze', 'verify', '--man=no', ...paths], { timeoutMs: 30_000 });
    assert.deepEqual(result, { exitCode: 0, stdout: '', stderr: '' });
  });

  for (const [name, bound] of Object.entries(exposure)) {
    it(`expose ${name} no more than ${bound} of 10`, { skip: noAnalyze }, async () => {
      await using folder = await renderedFolder(withoutPassword, ['systemd']);
      const path = folder.file(`systemd/anycast-${name}.service`);
      const threshold = `--threshold=${Math.round(bound * 10)}`;
      const result = await run([
        'systemd-analyze',
        'security',
        '--offline=yes',
        '--no-pager',
        threshold,
        path,
      ]);
      assert.equal(result.exitCode, 0, result.stdout.split('\n').at(-1));
    });
  }

  it('run as three users of one group', { skip: noUsers }, async () => {
    await using folder = await renderedFolder(withoutPassword, ['systemd']);
    await mkdir(folder.file('root/etc'), { recursive: true });
    const users = folder.file('systemd/sysusers.d/anycast.conf');
    const result = await run(['systemd-sysusers', `--root=${folder.file('root')}`, users]);
    assert.equal(result.exitCode, 0, result.stderr);
    const [, , gid] = (await readFile(folder.file('root/etc/group'), 'utf8')).split(':');
    const made = (await readFile(folder.file('root/etc/passwd'), 'utf8'))
      .trim()
      .split('\n')
      .map(line => line.split(':'));
    assert.deepEqual(
      made.map(([name]) => name).sort(),
      Object.keys(exposure)
        .map(name => settings(unit(name), 'User')[0])
        .sort(),
    );
    assert.ok(made.every(([, , , group]) => group === gid?.trim()));
    assert.equal(new Set(made.map(([, , uid]) => uid)).size, 3);
  });

  it('share the run directory by that group', {
    skip: noFolders,
  }, async () => {
    await using folder = await renderedFolder(withoutPassword, ['systemd']);
    const root = folder.file('root');
    await mkdir(`${root}/etc`, { recursive: true });
    await run(['systemd-sysusers', `--root=${root}`, folder.file('systemd/sysusers.d/anycast.conf')]);
    const folders = folder.file('systemd/tmpfiles.d/anycast.conf');
    const result = await run(['systemd-tmpfiles', '--create', `--root=${root}`, folders]);
    assert.equal(result.exitCode, 0, result.stderr);
    const made = await stat(`${root}/run/anycast`);
    assert.equal(made.mode & 0o7777, 0o2770);
    assert.ok((await readFile(`${root}/etc/group`, 'utf8')).includes(`anycast:x:${made.gid}:`));
  });

  it('hold exactly the capabilities that the process needs', async () => {
    const held = (name: string, text = unit(name)): string[] => {
      assert.deepEqual(settings(text, 'AmbientCapabilities'), settings(text, 'CapabilityBoundingSet'));
      return settings(text, 'CapabilityBoundingSet');
    };
    assert.deepEqual(held('resolver'), ['CAP_NET_BIND_SERVICE']);
    assert.deepEqual(held('agent'), ['CAP_NET_ADMIN']);
    assert.deepEqual(held('sidecar'), ['CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW']);
    const highPort = withoutPassword.replace('resolver:\n', 'resolver:\n  port: 5353\n');
    const own = fileOf(await rendered(highPort, ['systemd']), 'systemd/anycast-resolver.service');
    assert.deepEqual(held('resolver', own.text), ['']);
  });

  it('start in the order resolver, sidecar, agent, and stop in the reverse', () => {
    const after = (name: string): string => settings(unit(name), 'After').join(' ');
    assert.doesNotMatch(after('resolver'), /anycast/);
    assert.match(after('sidecar'), /anycast-resolver\.service/);
    assert.match(after('agent'), /anycast-sidecar\.service/);
  });

  it('leave the agent running when the sidecar fails and comes back', () => {
    assert.deepEqual(settings(unit('sidecar'), 'PropagatesStopTo'), []);
    for (const tie of ['BindsTo', 'Requires', 'Requisite'])
      assert.deepEqual(settings(unit('agent'), tie), [], tie);
  });

  it('give the agent time for the whole drain', async () => {
    const slow = `${withoutPassword}drain: { quiet: 2s, timeout: 50s, gracefulShutdown: { wait: 40s } }\n`;
    const text = fileOf(await rendered(slow, ['systemd']), 'systemd/anycast-agent.service').text;
    const [seconds = ''] = settings(text, 'TimeoutStopSec');
    assert.ok(Number.parseInt(seconds, 10) >= 92, seconds);
  });
});
