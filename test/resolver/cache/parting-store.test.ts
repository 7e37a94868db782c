import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordClasses } from '../../../src/dns/record-class.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { PartingStore } from '../../../src/resolver/cache/parting-store.ts';
import { type Denial, type RRset, ranks } from '../../../src/resolver/cache/rrset.ts';
import { RRsetCache } from '../../../src/resolver/cache/rrset-cache.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { a, name, soa } from '../messages.ts';

const limits = { minSeconds: 0, maxSeconds: 3600, maxNegativeSeconds: 3600 };

function cache(): RRsetCache {
  return new RRsetCache({ maxOctets: 1024 * 1024, limits, clock: fakeClock() });
}

function rrset(owner: string): RRset {
  const records = [a(owner, '198.51.100.1')];
  const { IN } = recordClasses;
  return { name: name(owner), type: recordTypes.A, class: IN, ttl: 300, records, signatures: [] };
}

function denial(owner: string): Denial {
  const proof = [soa('test.')];
  return { name: name(owner), type: undefined, class: recordClasses.IN, ttl: 60, proof };
}

describe('a store that parts', () => {
  it('is the shared one until then; afterwards it finds in both and keeps nothing in the shared one', () => {
    const shared = cache();
    const store = new PartingStore(shared);
    store.keep(rrset('before.test.'), ranks.answer);
    assert.ok(shared.find(name('before.test.'), recordTypes.A, ranks.answer));
    store.part(cache());
    store.keep(rrset('after.test.'), ranks.answer);
    store.keepDenial(denial('nothing.test.'));
    for (const owner of ['before.test.', 'after.test.'])
      assert.ok(store.find(name(owner), recordTypes.A, ranks.answer), owner);
    assert.ok(store.findDenial(name('nothing.test.'), recordTypes.A));
    assert.equal(shared.find(name('after.test.'), recordTypes.A, ranks.answer), undefined);
    assert.equal(shared.findDenial(name('nothing.test.'), recordTypes.A), undefined);
  });
});
