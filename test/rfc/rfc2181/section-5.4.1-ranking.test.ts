import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Rank, ranks } from '../../../src/resolver/cache/rrset.ts';
import { a, name } from '../../resolver/messages.ts';
import { denial, rrset, rrsetCache } from '../../resolver/rrsets.ts';

const host = 'www.test.';
const inOrder = Object.entries(ranks) as [string, Rank][];

function lastOctet(
  cache: ReturnType<typeof rrsetCache>['cache'],
  atLeast: Rank = ranks.additional,
): number | undefined {
  const rdata = cache.find(name(host), 1, atLeast)?.records[0]?.rdata;
  return rdata?.kind === 'A' ? rdata.address[3] : undefined;
}

describe('RFC 2181 section 5.4.1, ranking data', () => {
  it('ranks as the section lists, least trustworthy first', () => {
    assert.deepEqual(
      inOrder.map(([text]) => text),
      ['additional', 'referral', 'authority', 'answer', 'authoritativeAnswer'],
    );
  });

  for (const [heldName, held] of inOrder) {
    for (const [givenName, given] of inOrder) {
      const wins = given >= held;
      it(`data from ${givenName} ${wins ? 'replaces' : 'does not replace'} data from ${heldName}`, () => {
        const { cache } = rrsetCache();
        cache.keep(rrset(a(host, '192.0.2.1')), held);
        cache.keep(rrset(a(host, '192.0.2.2')), given);
        assert.equal(lastOctet(cache), wins ? 2 : 1);
      });
    }
  }

  it('"cached data" from additional and authority sections is never given as an answer', () => {
    for (const rank of [ranks.additional, ranks.referral, ranks.authority]) {
      const { cache } = rrsetCache();
      cache.keep(rrset(a(host, '192.0.2.1')), rank);
      assert.equal(lastOctet(cache, ranks.answer), undefined);
      assert.equal(lastOctet(cache, rank), 1);
    }
  });

  it('data of a higher rank gives way once it has expired', async () => {
    const { cache, clock } = rrsetCache();
    cache.keep(rrset(a(host, '192.0.2.1', 60)), ranks.authoritativeAnswer);
    await clock.advance(60_000);
    cache.keep(rrset(a(host, '192.0.2.2')), ranks.additional);
    assert.equal(lastOctet(cache), 2);
  });

  it('a denial by the zone outranks everything but an authoritative answer that comes after it', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial(host, 'A'));
    for (const [, rank] of inOrder.slice(0, -1)) {
      cache.keep(rrset(a(host, '192.0.2.1')), rank);
      assert.equal(lastOctet(cache), undefined);
    }
    cache.keep(rrset(a(host, '192.0.2.2')), ranks.authoritativeAnswer);
    assert.equal(lastOctet(cache), 2);
    assert.equal(cache.findDenial(name(host), 1), undefined);
  });
});
