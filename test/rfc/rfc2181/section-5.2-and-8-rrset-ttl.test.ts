import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { a, name } from '../../resolver/messages.ts';
import { rrset, rrsetCache, standardLimits } from '../../resolver/rrsets.ts';

const { authoritativeAnswer } = ranks;
const host = name('www.test.');

function keptTtl(ttls: readonly number[], limits = standardLimits): number | undefined {
  const { cache } = rrsetCache({ limits });
  const records = ttls.map((ttl, index) => a('www.test.', `192.0.2.${index}`, ttl));
  cache.keep(rrset(...records), authoritativeAnswer);
  const found = cache.find(host, 1, authoritativeAnswer);
  assert.ok(found === undefined || found.records.every(({ ttl }) => ttl === found.ttl));
  return found?.ttl;
}

describe('RFC 2181, TTLs of an RRset', () => {
  it('section 5.2: where they differ, all are given the least', () => {
    assert.equal(keptTtl([300, 20, 600]), 20);
  });

  it('section 8: zero is not kept, and neither is what is over 31 bits', () => {
    assert.equal(keptTtl([0]), undefined);
    assert.equal(keptTtl([300, 0]), undefined);
    assert.equal(keptTtl([2 ** 31]), undefined);
    assert.equal(keptTtl([2 ** 32 - 1]), undefined);
    assert.equal(keptTtl([1]), 1);
  });

  it('section 8: a resolver may cap them, and is told to by its configuration', () => {
    assert.equal(keptTtl([2 ** 31 - 1]), 86_400);
    assert.equal(keptTtl([5], { ...standardLimits, minSeconds: 30 }), 30);
  });

  it('section 8: they count down, and the data is gone when they are over', async () => {
    const { cache, clock } = rrsetCache();
    cache.keep(rrset(a('www.test.', '192.0.2.1', 100)), authoritativeAnswer);
    await clock.advance(99_000);
    assert.equal(cache.find(host, 1, authoritativeAnswer)?.ttl, 1);
    assert.equal(cache.find(host, 1, authoritativeAnswer)?.records[0]?.ttl, 1);
    await clock.advance(1000);
    assert.equal(cache.find(host, 1, authoritativeAnswer), undefined);
  });
});
