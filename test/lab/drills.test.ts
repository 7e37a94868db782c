import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import type { AnycastConfig } from '../../src/config/anycast-config.ts';
import { drillOfName, drills, popOfDrill } from '../../src/lab/drills.ts';
import { Fault } from '../../src/system/fault.ts';

const config = await loadDeployment('anycast.yaml');

/** The configuration with every PoP's driver replaced but those named. */
function withDrivers(drivers: Readonly<Record<string, string>>): AnycastConfig {
  const pops = Object.entries(config.pops).map(([name, pop]) => [
    name,
    { ...pop, driver: drivers[name] ?? 'bird' },
  ]);
  return { ...config, pops: Object.fromEntries(pops) };
}

describe('the list of drills', () => {
  it('fits into 80 columns', () => {
    const width = Math.max(...drills.map(({ name }) => name.length));
    const tooLong = drills.filter(({ summary }) => width + 2 + summary.length > 80).map(({ name }) => name);
    assert.deepEqual(tooLong, []);
  });

  it('has no name twice, and names the nearest for one that is not in it', () => {
    assert.equal(new Set(drills.map(({ name }) => name)).size, drills.length);
    assert.throws(
      () => drillOfName('router-kiled'),
      (error: unknown) =>
        error instanceof Fault && error.code === 'usage' && /router-killed/.test(error.hint ?? ''),
    );
  });
});

describe('the PoP of a drill', () => {
  it('is the first of the configuration when it needs nothing special', () => {
    assert.equal(popOfDrill(drillOfName('resolver-killed'), config), 'fra');
    assert.equal(popOfDrill(drillOfName('resolver-killed'), config, 'sin'), 'sin');
  });

  it('is the first that has what the drill needs', () => {
    const mixed = withDrivers({ fra: 'gobgp', sin: 'gobgp' });
    assert.equal(popOfDrill(drillOfName('router-frozen'), mixed), 'nyc');
    assert.equal(popOfDrill(drillOfName('reload-refused'), mixed), 'nyc');
    assert.equal(popOfDrill(drillOfName('gobgpd-restarted'), mixed), 'fra');
  });

  it('is refused when it lacks that, with those that have it', () => {
    const mixed = withDrivers({ sin: 'gobgp' });
    assert.throws(
      () => popOfDrill(drillOfName('link-swallows-packets'), mixed, 'sin'),
      (error: unknown) =>
        error instanceof Fault && error.code === 'usage' && /fra, nyc$/.test(error.hint ?? ''),
    );
  });

  it('does not exist when no PoP has what the drill needs', () => {
    const plain = withDrivers({});
    assert.throws(() => popOfDrill(drillOfName('gobgpd-restarted'), plain), { code: 'usage' });
    assert.throws(() => popOfDrill(drillOfName('flapping-check'), { ...plain, damping: 'off' }), {
      code: 'usage',
    });
  });

  it('runs BFD with all its neighbours where only that notices the fault', () => {
    const silent = { ...config, bgp: { ...config.bgp, bfd: 'off' as const } };
    assert.throws(() => popOfDrill(drillOfName('router-frozen'), silent), { code: 'usage' });
  });
});
