import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName, rootName } from '../../../src/dns/name.ts';
import { Delegation, Delegations } from '../../../src/resolver/iterator/delegations.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { ip } from '../exchange/authorities-under-test.ts';
import { name } from '../messages.ts';

const root = new Delegation(rootName, [], Number.POSITIVE_INFINITY);
const servers = [{ name: name('ns.test.'), addresses: [ip('192.0.2.1')] }];

function delegations({ maxOctets = 1024 * 1024, maxTtl = 86_400 } = {}) {
  const clock = fakeClock();
  const all = new Delegations({ maxOctets, maxTtl, clock });
  return {
    all,
    clock,
    closest: (text: string): string | undefined => {
      const found = all.closest(name(text));
      return found && formatName(found.zone);
    },
  };
}

describe('delegations', () => {
  it('are found for the names at and below them, the nearest first, in whatever case', () => {
    const { all, closest } = delegations();
    const test = all.keep(name('test.'), servers, { ttl: 300, parent: root });
    all.keep(name('leaf.TEST.'), servers, { ttl: 300, parent: test });
    assert.equal(closest('a.b.LEAF.test.'), 'leaf.TEST.');
    assert.equal(closest('leaf.test.'), 'leaf.TEST.');
    assert.equal(closest('notleaf.test.'), 'test.');
    assert.equal(closest('example.'), undefined);
    assert.equal(closest('.'), undefined);
  });

  it('last as long as their parent said, and no longer than their parent', async () => {
    const { all, clock, closest } = delegations();
    const test = all.keep(name('test.'), servers, { ttl: 100, parent: root });
    all.keep(name('short.test.'), servers, { ttl: 50, parent: test });
    all.keep(name('long.test.'), servers, { ttl: 86_400, parent: test });
    await clock.advance(50_000);
    assert.equal(closest('www.short.test.'), 'test.');
    assert.equal(closest('www.long.test.'), 'long.test.');
    await clock.advance(50_000);
    assert.equal(closest('www.long.test.'), undefined);
  });

  it('last no longer than their parent as it was when they were got, whatever became of it since', async () => {
    const { all, clock, closest } = delegations();
    const old = all.keep(name('test.'), servers, { ttl: 100, parent: root });
    await clock.advance(90_000);
    all.keep(name('test.'), servers, { ttl: 100, parent: root });
    all.keep(name('leaf.test.'), servers, { ttl: 1000, parent: old });
    await clock.advance(10_000);
    assert.equal(closest('www.leaf.test.'), 'test.');
  });

  it('last no longer than the longest TTL, and not at all with a TTL of 0', async () => {
    const { all, clock, closest } = delegations({ maxTtl: 60 });
    all.keep(name('test.'), servers, { ttl: 1000, parent: root });
    assert.deepEqual(all.keep(name('none.'), servers, { ttl: 0, parent: root }).servers, servers);
    assert.equal(closest('none.'), undefined);
    await clock.advance(60_000);
    assert.equal(closest('www.test.'), undefined);
  });

  it('are bounded in octets, however many there are', () => {
    const maxOctets = 64 * 1024;
    const { all } = delegations({ maxOctets });
    for (let index = 0; index < 5000; index += 1)
      all.keep(name(`z${index}.test.`), servers, { ttl: 300, parent: root });
    assert.ok(all.size.octets <= maxOctets, `${all.size.octets}`);
    assert.ok(all.size.entries > 10);
  });

  it('are gone after three questions in a row that nobody answered, until somebody does', () => {
    const zone = new Delegation(name('test.'), servers, 0);
    zone.wasSilent();
    zone.wasSilent();
    assert.equal(zone.answered(), false);
    for (let times = 0; times < 3; times += 1) zone.wasSilent();
    assert.equal(zone.isGone, true);
    assert.equal(zone.answered(), true);
    assert.equal(zone.isGone, false);
  });

  it('are passed over once a minute when they are gone, so that their parent is asked anew', async () => {
    const { all, clock, closest } = delegations();
    const test = all.keep(name('test.'), servers, { ttl: 3600, parent: root });
    const leaf = all.keep(name('leaf.test.'), servers, { ttl: 3600, parent: test });
    for (let times = 0; times < 3; times += 1) leaf.wasSilent();
    await clock.advance(59_000);
    assert.equal(closest('www.leaf.test.'), 'leaf.test.');
    await clock.advance(1000);
    assert.deepEqual([closest('www.leaf.test.'), closest('www.leaf.test.')], ['test.', 'leaf.test.']);
    // The same servers once more are as silent as they were; others have yet to show.
    assert.equal(all.keep(name('leaf.test.'), [...servers], { ttl: 3600, parent: test }).isGone, true);
    const others = [{ name: name('ns.test.'), addresses: [ip('192.0.2.2')] }];
    assert.equal(all.keep(name('leaf.test.'), others, { ttl: 3600, parent: test }).isGone, false);
  });
});
