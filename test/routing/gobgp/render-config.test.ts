/** gobgpd.toml, as text and as gobgpd itself reads it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { renderGobgpConfig } from '../../../src/routing/gobgp/render-config.ts';
import { writeFileAtomically } from '../../../src/system/files.ts';
import { programPath } from '../../../src/system/program-path.ts';
import { run } from '../../../src/system/run.ts';
import { peeringYaml } from '../../support/peering.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const rendered = (yaml = peeringYaml): string =>
  renderGobgpConfig(popOf(parseConfig(yaml, 'anycast.yaml', { checks: {}, drivers: ['bird'] }), 'fra'));

const withImport = peeringYaml.replace('checks: {}', 'checks: {}\nbgp: { import: default, holdTime: 3s }');
const ipv4Only = peeringYaml
  .replaceAll(/, "2001:db8:(53::53|53::\/48|1:1::2)"/g, '')
  .replace(/ +- \{ local: "2001.*\n/, '');

const withPassword = (password: string): string =>
  peeringYaml.replace('password: correct horse', `password: ${JSON.stringify(password)}`);

const variants: Readonly<Record<string, string>> = {
  'of the example': peeringYaml,
  'with a default route let in': withImport,
  'of one family': ipv4Only,
  'without fallback': peeringYaml.replace(/ {2}fallback: .*\n/, ''),
  'with a password of quotation marks, backslashes and letters beyond ASCII':
    withPassword('a"b\\c\\u0041é]['),
};

const skip = (await programPath('gobgpd')) === undefined ? 'gobgpd is not installed' : false;

suite('the configuration of gobgpd', () => {
  for (const [variant, yaml] of Object.entries(variants)) {
    test(`${variant} is accepted by gobgpd`, { skip }, async () => {
      await using folder = await temporaryFolder();
      const file = join(folder.path, 'gobgpd.toml');
      await writeFileAtomically(file, rendered(yaml));
      const { exitCode, stdout } = await run(['gobgpd', '--dry-run', '--pprof-disable', '-f', file]);
      assert.equal(exitCode, 0, stdout);
    });
  }

  test('lets out the own prefixes alone, each exactly, and rejects by default', () => {
    const text = rendered();
    const prefixes = [...text.matchAll(/ip-prefix = "(.*)"/g)].map(([, prefix]) => prefix);
    assert.deepEqual(prefixes.sort(), [
      '2001:db8:53::/48',
      '2001:db8:53::53/128',
      '203.0.113.0/24',
      '203.0.113.53/32',
    ]);
    assert.doesNotMatch(text, /masklength-range/);
    assert.match(text, /default-export-policy = "reject-route"/);
    assert.match(text, /default-import-policy = "reject-route"/);
  });

  test('lets in a default route only where the configuration says so, and never out', () => {
    assert.doesNotMatch(rendered(), /external/);
    const [enter = '', leave = ''] = rendered(withImport).split('name = "may-leave"');
    assert.match(enter, /prefix-set = "default4"\n.*\n +route-type = "external"/);
    assert.doesNotMatch(leave, /external|default[46]"/);
  });

  test('holds password, GTSM and hold time of each session', () => {
    assert.equal(rendered().match(/auth-password = "correct horse"\n/g)?.length, 2);
    assert.equal(rendered().match(/ttl-min = 255\n/g)?.length, 2);
    assert.equal(rendered(withImport).match(/hold-time = 3\n +keepalive-interval = 1\n/g)?.length, 2);
  });

  test('refuses a password with a control character', () => {
    assert.throws(() => rendered(withPassword('a\nb')), { code: 'config-invalid', message: /isp-eu/ });
  });
});
