/** deploy/: examples are what the example renders to, and the dashboard shows metrics that exist. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { testDeployment } from '../resolver/test-deployment.ts';
import { openTestResolver } from '../resolver/test-resolver.ts';
import { rendered, withoutPassword } from './rendered-fra.ts';

const kinds = ['sysctl', 'systemd', 'container', 'kubernetes'];

/** Files of those folders that are written by hand. */
const byHand = /(?:README\.md|Dockerfile)$/;

describe('deploy/', () => {
  it(`is current (anycast render --pop fra --out deploy --force --only ${kinds.join(' ')})`, async () => {
    const files = await rendered(withoutPassword, kinds);
    for (const { path, text } of files) assert.equal(readFileSync(`deploy/${path}`, 'utf8'), text, path);
    const there = globSync(`deploy/{${kinds.join(',')}}/**/*`, { withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => `${entry.parentPath}/${entry.name}`.replace(/^.*deploy\//, ''))
      .filter(path => !byHand.test(path));
    assert.deepEqual(there.sort(), files.map(({ path }) => path).sort());
  });

  it('has a README in every folder', () => {
    const folders = globSync('deploy/*/').map(path => `${path}/README.md`);
    assert.ok(folders.length > 0);
    assert.deepEqual(globSync('deploy/*/README.md').sort(), folders.sort());
  });
});

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

describe('deploy/grafana/anycast.json', () => {
  const text = readFileSync('deploy/grafana/anycast.json', 'utf8');
  const sources = globSync('src/**/*.ts').map(path => readFileSync(path, 'utf8'));
  const metrics = new Set(
    sources.flatMap(source => [...source.matchAll(/'(anycast_[a-z0-9_]+)'/g)].map(([, name = '']) => name)),
  );

  it('names only metrics that exist', () => {
    const named = [...text.matchAll(/anycast_[a-z0-9_]+/g)].map(([name]) => name);
    assert.ok(named.length > 20);
    const unknown = named.filter(
      name => !metrics.has(name) && !metrics.has(name.replace(/_(?:bucket|sum|count)$/, '')),
    );
    assert.deepEqual(unknown, []);
  });

  it('asks by PoP in every panel', () => {
    const { panels } = JSON.parse(text) as Dashboard;
    const wrong = panels.flatMap(({ title, targets = [] }) =>
      targets.filter(({ expr }) => !expr.includes('pop=~"$pop"')).map(() => title),
    );
    assert.deepEqual(wrong, []);
  });
});

describe('deploy/grafana/METRICS.md', () => {
  it('names only metrics of ours that the resolver shows', async () => {
    const deployment = testDeployment();
    await using _resolver = await openTestResolver(deployment);
    const { resolverPort } = deployment.slice.config.telemetry;
    const response = await fetch(`http://${deployment.management}:${resolverPort}/metrics`);
    const shown = new Set([...(await response.text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const text = readFileSync('deploy/grafana/METRICS.md', 'utf8');
    const named = [...text.matchAll(/anycast_resolver_[a-z_]+/g)].map(([name]) => name);
    assert.ok(named.length > 25);
    assert.deepEqual(
      named.filter(name => !shown.has(name)),
      [],
    );
  });
});
