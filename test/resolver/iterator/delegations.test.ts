import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { Delegation, Delegations } from '../../../src/resolver/iterator/delegations.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { name } from '../messages.ts';

const servers = [{ name: name('ns.test.'), addresses: [] }];

function underTest(maxTtl = 86_400) {
  const clock = fakeClock();
  const delegations = new Delegations({ maxOctets: 100_000, maxTtl, clock });
  const root = new Delegation(name('.'), servers, Number.POSITIVE_INFINITY);
  const closest = (text: string): string => formatName(delegations.closest(name(text))?.zone ?? name('.'));
  return { clock, delegations, root, closest };
}

describe('delegations', () => {
  it('are found from the name upwards, whatever its case', () => {
    const { delegations, root, closest } = underTest();
    const test = delegations.keep(name('test.'), servers, { ttl: 100, parent: root });
    delegations.keep(name('a.test.'), servers, { ttl: 100, parent: test });
    assert.equal(closest('www.A.TEST.'), 'a.test.');
    assert.equal(closest('a.test.'), 'a.test.');
    assert.equal(closest('b.test.'), 'test.');
    assert.equal(closest('other.'), '.');
    assert.equal(closest('.'), '.');
  });

  it('end with the delegation that they were reached by, however they are renewed below it', async () => {
    const { clock, delegations, root, closest } = underTest();
    const test = delegations.keep(name('test.'), servers, { ttl: 100, parent: root });
    const child = delegations.keep(name('a.test.'), servers, { ttl: 86_400, parent: test });
    assert.equal(child.expiresS, test.expiresS);
    await clock.advance(90_000);
    const again = delegations.keep(name('a.test.'), servers, { ttl: 86_400, parent: test });
    assert.equal(again.expiresS, test.expiresS);
    const grandchild = delegations.keep(name('b.a.test.'), servers, { ttl: 86_400, parent: again });
    assert.equal(grandchild.expiresS, test.expiresS);
    await clock.advance(10_000);
    assert.equal(closest('www.b.a.test.'), '.');
  });

  it('are not kept below one that is over, nor for a TTL of 0', async () => {
    const { clock, delegations, root, closest } = underTest();
    const test = delegations.keep(name('test.'), servers, { ttl: 1, parent: root });
    await clock.advance(1000);
    delegations.keep(name('a.test.'), servers, { ttl: 100, parent: test });
    delegations.keep(name('zero.'), servers, { ttl: 0, parent: root });
    assert.equal(closest('a.test.'), '.');
    assert.equal(closest('zero.'), '.');
  });

  it('last no longer than the longest TTL', () => {
    const { clock, delegations, root } = underTest(3600);
    const test = delegations.keep(name('test.'), servers, { ttl: 2 ** 31 - 1, parent: root });
    assert.equal(test.expiresS, Math.floor(clock.wallMs() / 1000) + 3600);
  });

  it('are taken for gone after three silences in a row', () => {
    const { delegations, root } = underTest();
    const test = delegations.keep(name('test.'), servers, { ttl: 100, parent: root });
    for (const silence of [1, 2, 3]) {
      assert.equal(test.isGone, false, `${silence}`);
      test.wasSilent();
    }
    assert.equal(test.isGone, true);
    assert.equal(test.answered(), true);
    assert.equal(test.isGone, false);
  });

  it('take no more memory than they may', () => {
    const { delegations, root } = underTest();
    for (let i = 0; i < 1000; i += 1) delegations.keep(name(`z${i}.`), servers, { ttl: 100, parent: root });
    assert.ok(delegations.size.entries > 10 && delegations.size.entries < 110, `${delegations.size.entries}`);
  });
});
