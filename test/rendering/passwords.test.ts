import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { deploymentFile } from '../../src/rendering/deployment-file.ts';
import { renderings } from '../../src/rendering/renderings.ts';
import { writeFiles } from '../../src/rendering/write-files.ts';
import { run } from '../../src/system/run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  exampleText,
  fileOf,
  fraOf,
  password,
  rendered,
  withoutPassword,
  withPassword,
} from './rendered-fra.ts';

const encodings = [password, Buffer.from(password).toString('base64')];

describe('a BGP password in anycast.yaml', () => {
  for (const { kind } of renderings) {
    it(`is in no file of ${kind} that others than its owner may read`, async () => {
      const leaks = (await rendered(withPassword, [kind]))
        .filter(({ text, mode }) => (mode & 0o077) !== 0 && encodings.some(each => text.includes(each)))
        .map(({ path }) => path);
      assert.deepEqual(leaks, []);
    });
  }

  it('reaches the sidecar: as its own file, in the router’s neighbours, and in the Secret', async () => {
    const files = await rendered(withPassword);
    const holders = files.filter(({ text }) => text.includes(password)).map(({ path }) => path);
    assert.deepEqual(holders, [
      'config/bgp-passwords/isp-eu',
      'router/bird/neighbours.conf',
      'kubernetes/anycast-fra-bgp.yaml',
    ]);
    assert.equal(fileOf(files, 'config/bgp-passwords/isp-eu').text, `${password}\n`);
  });

  it('leaves a configuration that loads, the same but for where the password is', async () => {
    const text = deploymentFile(withPassword);
    const lines = text.split('\n').filter(line => !/^ *passwordFile: /.test(line));
    assert.deepEqual(parse(lines.join('\n')), parse(withoutPassword));
    assert.equal(fraOf(text).pop.neighbours[0]?.passwordFile, '/etc/anycast/bgp-passwords/isp-eu');
  });

  it('that an anchor gives to every neighbour is taken out at each', () => {
    const shared = withPassword
      .replace(`password: ${password}`, `password: &all ${password}`)
      .replaceAll(new RegExp(`password: ${password}`, 'g'), 'password: *all');
    assert.equal(fraOf(shared).pop.neighbours[0]?.password, password);
    assert.ok(!deploymentFile(shared).includes(password));
  });

  it('is neither read nor shown where secrets are not to be shown', async () => {
    const files = await rendered(withPassword, [], { showsSecrets: false });
    assert.deepEqual(
      files.filter(({ text }) => text.includes(password)),
      [],
    );
    const unreadable = await exampleText('passwordFile: /nonexistent/secret');
    const masked = await rendered(unreadable, ['router'], { showsSecrets: false });
    assert.match(fileOf(masked, 'router/bird/neighbours.conf').text, /password "\(hidden\)";/);
  });
});

describe('a configuration without passwords', () => {
  it('is rendered word for word, comments and all, and makes no file for secrets', async () => {
    const files = await rendered(withoutPassword);
    assert.equal(fileOf(files, 'config/anycast.yaml').text, withoutPassword);
    assert.deepEqual(
      files.filter(({ path }) => /bgp/.test(path)).map(({ path }) => path),
      [],
    );
  });
});

describe('anycast render --stdout', () => {
  const shown = async (...more: string[]): Promise<string> => {
    await using folder = await temporaryFolder();
    const text = { path: 'anycast.yaml', text: withPassword, mode: 0o600 };
    await writeFiles(folder.path, [text], { force: false });
    const config = `${folder.path}/anycast.yaml`;
    const result = await run(
      ['./anycast', 'render', '--pop', 'fra', '--config', config, '--stdout', ...more],
      {
        timeoutMs: 30_000,
      },
    );
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stdout;
  };

  it('prints every kind and no password', async () => {
    const text = await shown();
    for (const { kind } of renderings) assert.match(text, new RegExp(`^# ==== ${kind}/`, 'm'));
    assert.ok(!encodings.some(each => text.includes(each)));
  });

  it('prints passwords when asked to', async () => {
    assert.ok((await shown('--show-secrets')).includes(password));
  });
});
