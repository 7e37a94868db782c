import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { run } from '../../../src/system/run.ts';
import { fileOf, rendered, renderedFolder, withoutPassword, withPassword } from '../rendered-fra.ts';

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Service {
  readonly network_mode: string;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly read_only: boolean;
  readonly stop_grace_period: string;
  readonly depends_on?: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck: { readonly test?: readonly string[] };
}

async function composeOf(text: string): Promise<Compose> {
  return parse(fileOf(await rendered(text, ['container']), 'container/compose.yml').text) as Compose;
}

const { services, volumes } = await composeOf(withoutPassword);

/** The Compose on this machine, of either generation. */
const composeCommand = await (async () => {
  for (const argv of [['docker', 'compose'] as const, ['docker-compose'] as const]) {
    const version = await run([...argv, 'version']).catch(() => undefined);
    if (version?.exitCode === 0) return argv;
  }
  return undefined;
})();

describe('the Compose file of a PoP', () => {
  it('is accepted by Compose', { skip: composeCommand ? false : 'no Docker Compose here' }, async () => {
    await using folder = await renderedFolder(withPassword, ['container']);
    const [program = '', ...args] = composeCommand ?? [];
    const file = folder.file('container/compose.yml');
    const result = await run([program, ...args, '-f', file, 'config', '--quiet'], { timeoutMs: 30_000 });
    assert.equal(result.exitCode, 0, result.stderr);
  });

  it('gives each process the host’s network, a root to read, and exactly the rights it needs', () => {
    const added = Object.fromEntries(
      Object.entries(services).map(([name, { cap_add = [] }]) => [name, cap_add]),
    );
    assert.deepEqual(added, {
      resolver: ['NET_BIND_SERVICE'],
      sidecar: ['NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW'],
      agent: ['NET_ADMIN'],
    });
    for (const service of Object.values(services)) {
      assert.equal(service.network_mode, 'host');
      assert.deepEqual(service.cap_drop, ['ALL']);
      assert.equal(service.read_only, true);
    }
  });

  it('stops the agent first and the resolver last, and waits for the drain', () => {
    assert.deepEqual(services.agent?.depends_on, ['resolver', 'sidecar']);
    assert.deepEqual(services.sidecar?.depends_on, ['resolver']);
    assert.equal(services.resolver?.depends_on, undefined);
    assert.equal(services.agent?.stop_grace_period, '21s');
  });

  it('gives BGP passwords to the sidecar alone', async () => {
    const { services: guarded } = await composeOf(withPassword);
    const holders = Object.entries(guarded)
      .filter(([, service]) => service.volumes.some(volume => volume.includes('bgp-passwords')))
      .map(([name]) => name);
    assert.deepEqual(holders, ['sidecar']);
  });

  it('asks the resolver at the management address, which cannot be another PoP', () => {
    const asked = services.resolver?.healthcheck.test ?? [];
    assert.ok(asked.includes('@198.18.1.6') && asked.includes('id.server'), asked.join(' '));
  });

  it('names no volume that it does not make', () => {
    const named = Object.values(services).flatMap(service =>
      service.volumes.map(volume => volume.split(':')[0] ?? '').filter(source => !source.startsWith('/')),
    );
    assert.deepEqual([...new Set(named)], Object.keys(volumes));
  });
});
