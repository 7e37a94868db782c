import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { a, name, ns, soa } from '../../resolver/messages.ts';
import { denial, rrset, rrsetCache, standardLimits } from '../../resolver/rrsets.ts';

const { A, AAAA, MX } = recordTypes;

describe('RFC 2308 section 5, denials in the RRset cache', () => {
  it('NXDOMAIN is kept against name and class, whatever the type', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('no.test.'));
    for (const type of [A, AAAA, MX]) assert.equal(cache.findDenial(name('NO.test.'), type)?.type, undefined);
    assert.ok(cache.findDenial(name('NO.test.'), MX));
    assert.equal(cache.findDenial(name('other.test.'), A), undefined);
  });

  it('NODATA is kept against name, type and class', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('www.test.', 'AAAA'));
    assert.equal(cache.findDenial(name('www.test.'), AAAA)?.type, AAAA);
    assert.equal(cache.findDenial(name('www.test.'), A), undefined);
    assert.equal(cache.findDenial(name('a.www.test.'), AAAA), undefined);
  });

  it('it lasts for the least of its own TTL, that of the SOA record and its MINIMUM, and of what is configured', () => {
    const lasts = (ttl: number, times: { ttl: number; minimum: number }, most = 3600): number | undefined => {
      const { cache } = rrsetCache({ limits: { ...standardLimits, maxNegativeSeconds: most } });
      cache.keepDenial(denial('no.test.', undefined, { ttl, proof: [soa('test.', times)] }));
      return cache.findDenial(name('no.test.'), A)?.ttl;
    };
    assert.equal(lasts(10, { ttl: 20, minimum: 30 }), 10);
    assert.equal(lasts(30, { ttl: 10, minimum: 20 }), 10);
    assert.equal(lasts(30, { ttl: 20, minimum: 10 }), 10);
    assert.equal(lasts(300, { ttl: 200, minimum: 100 }, 50), 50);
    assert.equal(lasts(30, { ttl: 20, minimum: 0 }), undefined);
  });

  it('it counts down, the records of its proof with it', async () => {
    const { cache, clock } = rrsetCache();
    cache.keepDenial(denial('no.test.', undefined, { ttl: 100 }));
    await clock.advance(60_000);
    const found = cache.findDenial(name('no.test.'), A);
    assert.equal(found?.ttl, 40);
    assert.deepEqual(
      found?.proof.map(({ ttl }) => ttl),
      [40],
    );
    await clock.advance(40_000);
    assert.equal(cache.findDenial(name('no.test.'), A), undefined);
  });

  it('without a SOA record it is not kept', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('no.test.', undefined, { proof: [ns('test.', 'a.test.')] }));
    assert.equal(cache.size.entries, 0);
  });

  it('data that an authoritative answer brings ends it', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('www.test.'));
    cache.keep(rrset(a('www.test.', '192.0.2.1')), ranks.authoritativeAnswer);
    assert.equal(cache.findDenial(name('www.test.'), MX), undefined);
  });
});
