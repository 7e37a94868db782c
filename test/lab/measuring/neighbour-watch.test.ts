import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDeployment } from '../../../src/commands/inputs/deployment.ts';
import {
  changesOf,
  noteLine,
  type WatchedRoute,
  watchedRoutes,
} from '../../../src/lab/measuring/neighbour-watch.ts';

const config = await loadDeployment('anycast.yaml');

/** The routes of isp-eu after these lines of `ip monitor route`, one each millisecond from 1 on. */
function after(...lines: readonly string[]): WatchedRoute[] {
  const routes = watchedRoutes(config).filter(({ node }) => node === 'isp-eu');
  for (const [index, line] of lines.entries()) noteLine(routes, line, index + 1);
  return routes;
}

const toPop = {
  v4: '203.0.113.53 via 198.18.1.6 dev fra proto bird metric 32 ',
  v6: '2001:db8:53::53 via 2001:db8:1:1::2 dev fra proto bird metric 32 pref medium',
};
const elsewhere = {
  v4: '203.0.113.53 via 198.18.1.26 dev isp-na proto bird metric 32 ',
  v6: '2001:db8:53::53 via 2001:db8:1:6::2 dev isp-na proto bird metric 32 pref medium',
};

describe('the routes through a PoP', () => {
  it('are one per service address and fallback prefix at each neighbour', () => {
    assert.deepEqual(
      after().map(({ pop, kind, prefix, via }) => [pop, kind, prefix, via]),
      [
        ['fra', 'service', '203.0.113.53', '198.18.1.6'],
        ['fra', 'fallback', '203.0.113.0/24', '198.18.1.6'],
        ['fra', 'service', '2001:db8:53::53', '2001:db8:1:1::2'],
        ['fra', 'fallback', '2001:db8:53::/48', '2001:db8:1:1::2'],
      ],
    );
  });

  it('have left when the last family has', () => {
    assert.equal(changesOf(after(elsewhere.v4), 'fra', 0).leftMs, null);
    assert.equal(changesOf(after(elsewhere.v4, `Deleted ${toPop.v6}`), 'fra', 0).leftMs, 2);
    assert.equal(changesOf(after(elsewhere.v4, `Deleted ${toPop.v6}`), 'nyc', 0).changes, 0);
  });

  it('had left from the beginning when they were not there', () => {
    const gone = after(elsewhere.v4, elsewhere.v6, toPop.v4, elsewhere.v4);
    assert.equal(changesOf(gone, 'fra', 2).leftMs, 0);
    assert.equal(changesOf(gone, 'fra', 3).leftMs, 1);
  });

  it('count a change once, however many lines tell of it', () => {
    const moved = after(`Deleted ${toPop.v6}`, elsewhere.v6, `Deleted ${elsewhere.v6}`, toPop.v6);
    assert.equal(changesOf(moved, 'fra', 0).changes, 2);
    assert.equal(changesOf(moved, 'fra', 1).changes, 1);
    // The new route may be there before the old one is gone.
    assert.equal(changesOf(after(elsewhere.v4, toPop.v4, `Deleted ${elsewhere.v4}`), 'fra', 0).changes, 2);
  });

  it('count the fallback prefixes apart', () => {
    const lost = after('Deleted 203.0.113.0/24 via 198.18.1.6 dev fra proto bird metric 32');
    assert.deepEqual(changesOf(lost, 'fra', 0), { leftMs: null, changes: 0, fallbackChanges: 1 });
  });
});
