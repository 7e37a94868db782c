import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDrift, isNoDifference, routeDifference } from '../../src/agent/route-difference.ts';
import type { IpFamily } from '../../src/ip/address.ts';
import { parseIpPrefix } from '../../src/ip/prefix.ts';
import { noAttributes, plainAnnouncement } from '../../src/routing/announcement.ts';
import type { Observation } from '../../src/routing/route-driver.ts';

const v4 = '203.0.113.53/32';
const v6 = '2001:db8:53::53/128';
const fallback = new Set(['203.0.113.0/24']);

const announcements = (...texts: string[]) =>
  texts.map(text => {
    const prefix = parseIpPrefix(text);
    assert.ok(prefix);
    return plainAnnouncement(prefix);
  });

const observation = (exported: string[], established: IpFamily[] = [4, 6]): Observation => ({
  exported: new Map(exported.map(prefix => [prefix, [{ neighbour: 'isp-eu', ...noAttributes }]])),
  sessions: ([4, 6] as const).map(family => ({
    neighbour: 'isp-eu',
    family,
    state: established.includes(family) ? 'established' : 'down',
    detail: '',
  })),
});

describe('the difference between wish and observation', () => {
  it('is none when exactly what is wanted is exported, the fallback beside it', () => {
    const difference = routeDifference(
      announcements(v4, v6),
      observation([v4, v6, '203.0.113.0/24']),
      fallback,
    );
    assert.equal(isNoDifference(difference), true);
  });

  it('is drift when a wanted prefix is missing from a session that stands', () => {
    const difference = routeDifference(announcements(v4, v6), observation([v4]), fallback);
    assert.deepEqual(difference, { missing: [v6], waiting: [], extra: [], different: [] });
    assert.equal(isDrift(difference), true);
  });

  it('is no drift, and no agreement either, when the session is down', () => {
    const difference = routeDifference(announcements(v4, v6), observation([v4], [4]), fallback);
    assert.deepEqual(difference, { missing: [], waiting: [v6], extra: [], different: [] });
    assert.equal(isDrift(difference), false);
    assert.equal(isNoDifference(difference), false);
  });

  it('is drift when something is exported that nobody wants', () => {
    const difference = routeDifference([], observation([v4, '203.0.113.0/24', '198.51.100.0/24']), fallback);
    assert.deepEqual(difference, { missing: [], waiting: [], extra: [v4, '198.51.100.0/24'], different: [] });
    assert.equal(isDrift(difference), true);
  });

  it('is drift when a route is exported with other attributes than it should have', () => {
    const degraded = announcements(v4).map(route => ({ ...route, prepend: 3 }));
    const difference = routeDifference(degraded, observation([v4]), fallback);
    assert.deepEqual(difference, { missing: [], waiting: [], extra: [], different: [v4] });
    assert.equal(isDrift(difference), true);
  });
});
