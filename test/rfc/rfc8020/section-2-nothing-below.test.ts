import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { a, name } from '../../resolver/messages.ts';
import { denial, rrset, rrsetCache } from '../../resolver/rrsets.ts';

const { A } = recordTypes;

describe('RFC 8020 section 2, NXDOMAIN: there really is nothing underneath', () => {
  it('a denial of a name denies every name below it', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('no.test.'));
    for (const below of ['a.no.test.', 'x.y.z.NO.test.', `${'a.'.repeat(120)}no.test.`]) {
      const found = cache.findDenial(name(below), A);
      assert.equal(found?.type, undefined, below);
      assert.deepEqual(found && Buffer.from(found.name).toString('latin1').toLowerCase(), '\x02no\x04test\0');
    }
  });

  it('it denies neither the names above it nor those beside it, nor one that only ends in the same letters', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('no.test.'));
    for (const other of ['test.', '.', 'yes.test.', 'xno.test.', 'no.test.test.'])
      assert.equal(cache.findDenial(name(other), A), undefined, other);
  });

  it('that a name has no data of a type denies nothing below it', () => {
    const { cache } = rrsetCache();
    cache.keepDenial(denial('empty.test.', 'A'));
    assert.equal(cache.findDenial(name('www.empty.test.'), A), undefined);
  });

  it('it ends with its TTL', async () => {
    const { cache, clock } = rrsetCache();
    cache.keepDenial(denial('no.test.', undefined, { ttl: 60 }));
    await clock.advance(60_000);
    assert.equal(cache.findDenial(name('a.no.test.'), A), undefined);
  });

  it('section 3.1: data that is still fresh below it may be given; newer data shows that it was wrong', () => {
    const { cache } = rrsetCache();
    cache.keep(rrset(a('www.no.test.', '192.0.2.1')), ranks.authoritativeAnswer);
    cache.keepDenial(denial('no.test.'));
    assert.ok(cache.find(name('www.no.test.'), A, ranks.answer));
    cache.keep(rrset(a('www.no.test.', '192.0.2.2')), ranks.authoritativeAnswer);
    assert.equal(cache.findDenial(name('other.no.test.'), A), undefined);
  });
});
