import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { type Rank, ranks } from '../../../src/resolver/cache/rrset.ts';
import { a, name, ns, soa, txt } from '../messages.ts';
import { denial, rrset, rrsetCache } from '../rrsets.ts';

const { authoritativeAnswer, additional } = ranks;

describe('the RRset cache', () => {
  it('gives back what was kept, under the name as it is asked for, with the signatures', () => {
    const { cache } = rrsetCache();
    const records = [ns('Test.', 'a.NS.test.'), ns('Test.', 'b.NS.test.')];
    const rdata = {
      kind: 'RRSIG',
      typeCovered: recordTypes.NS,
      algorithm: 13,
      labels: 1,
      originalTtl: 300,
      expiration: 2_000_000_000,
      inception: 1_700_000_000,
      keyTag: 4711,
      signer: name('test.'),
      signature: new Uint8Array(64).fill(7),
    } as const;
    const signature = { name: name('Test.'), type: recordTypes.RRSIG, class: 1, ttl: 300, rdata };
    cache.keep({ ...rrset(...records), signatures: [signature] }, authoritativeAnswer);
    const asked = name('tEsT.');
    assert.deepEqual(cache.find(asked, recordTypes.NS, authoritativeAnswer), {
      ...rrset(...records),
      name: asked,
      records: records.map(record => ({ ...record, name: asked })),
      signatures: [{ ...signature, name: asked }],
    });
  });

  it('holds the data of a type that nobody knows', () => {
    const { cache } = rrsetCache();
    const rdata = { kind: 'opaque', octets: Uint8Array.of(0, 1, 254, 255) } as const;
    const record = { name: name('x.test.'), type: 65_280, class: 1, ttl: 300, rdata };
    cache.keep(rrset(record), authoritativeAnswer);
    assert.deepEqual(cache.find(name('x.test.'), 65_280, authoritativeAnswer)?.records, [record]);
  });

  it('has the same data of one RRset once (RFC 2181 section 5)', () => {
    const { cache } = rrsetCache();
    const twice = [a('x.test.', '192.0.2.1'), a('x.test.', '192.0.2.2'), a('x.test.', '192.0.2.1')];
    cache.keep(rrset(...twice), authoritativeAnswer);
    assert.equal(cache.find(name('x.test.'), 1, authoritativeAnswer)?.records.length, 2);
  });

  it('keeps nothing of other classes, of no records, and of types that are no data', () => {
    const { cache } = rrsetCache();
    const set = rrset(a('x.test.', '192.0.2.1'));
    cache.keep({ ...set, class: 3 }, authoritativeAnswer);
    cache.keep({ ...set, records: [] }, authoritativeAnswer);
    for (const type of [0, recordTypes.OPT, recordTypes.ANY, recordTypes.AXFR, recordTypes.TSIG])
      cache.keep({ ...set, type }, authoritativeAnswer);
    cache.keepDenial({ ...denial('x.test.'), type: recordTypes.ANY });
    cache.keepDenial(denial('.'));
    assert.equal(cache.size.entries, 0);
  });

  it('refuses an RRset that is larger than one name may buy', () => {
    const { cache } = rrsetCache({ maxOctets: 64 * 1024 * 1024 });
    const huge = Array.from({ length: 90 }, (_, index) => txt('x.test.', `${index}`.padEnd(200, 'x')));
    cache.keep(rrset(...huge), authoritativeAnswer);
    assert.equal(cache.size.entries, 0);
    cache.keep(rrset(...huge.slice(0, 70)), authoritativeAnswer);
    assert.equal(cache.size.entries, 1);
  });

  it('keeps the data in use through a flood of denials of random names', () => {
    const { cache } = rrsetCache({ maxOctets: 500_000 });
    const hosts = Array.from({ length: 200 }, (_, index) => `host-${index}.test.`);
    for (const host of hosts) {
      cache.keep(rrset(a(host, '192.0.2.1')), authoritativeAnswer);
      assert.ok(cache.find(name(host), 1, authoritativeAnswer));
    }
    for (let index = 0; index < 20_000; index += 1) cache.keepDenial(denial(`r${index}.victim.test.`));
    assert.ok(cache.size.evictions > 15_000);
    assert.deepEqual(
      hosts.filter(host => !cache.find(name(host), 1, authoritativeAnswer)),
      [],
    );
  });

  it('forgets what is about to be asked anew', () => {
    const { cache } = rrsetCache();
    cache.keep(rrset(a('x.test.', '192.0.2.1')), authoritativeAnswer);
    cache.forget(name('X.test.'), 1);
    assert.equal(cache.find(name('x.test.'), 1, additional), undefined);
  });

  it('drops what the clock, stepped back, puts into the future', () => {
    let nowMs = 10_000_000;
    const clock = { ...rrsetCache().clock, wallMs: () => nowMs };
    const { cache } = rrsetCache({ clock });
    cache.keep(rrset(a('x.test.', '192.0.2.1')), authoritativeAnswer);
    nowMs -= 5000;
    assert.equal(cache.find(name('x.test.'), 1, additional), undefined);
  });

  it('stays in its bound and never finds what has expired, is of a lower rank, or was not kept last', async () => {
    const step = fc.record({
      host: fc.nat(150),
      does: fc.constantFrom<Does>('keep', 'keep', 'deny', 'find', 'wait'),
      rank: fc.constantFrom<Rank>(...Object.values(ranks)),
      address: fc.nat(255),
      ttl: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async steps => {
        const model = new Model();
        for (const each of steps) {
          await model[each.does](each);
          assert.ok(model.cache.size.octets <= 20_000);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has the proof of a denial come back whole', () => {
    const { cache } = rrsetCache();
    const said = denial('no.test.', 'A', {
      proof: [soa('test.', { minimum: 300, ttl: 300 }), ns('test.', 'a.test.')],
    });
    cache.keepDenial(said);
    assert.deepEqual(cache.findDenial(name('no.test.'), 1), said);
  });
});

type Does = 'keep' | 'deny' | 'find' | 'wait';

interface Step {
  readonly host: number;
  readonly rank: Rank;
  readonly address: number;
  readonly ttl: number;
}

/** Above all data; see the section 5.4.1 tests. */
const denialRank = 6;

/** What a cache without a bound would know. What the cache evicted may be missing from it; what it gives must be this. */
class Model {
  readonly cache;
  readonly #clock;
  readonly #said = new Map<number, { rank: number; address: number; expiresMs: number }>();

  constructor() {
    const { cache, clock } = rrsetCache({ maxOctets: 20_000 });
    this.cache = cache;
    this.#clock = clock;
  }

  async wait({ ttl }: Step): Promise<void> {
    await this.#clock.advance(ttl * 100);
  }

  keep({ host, rank, address, ttl }: Step): void {
    const held = this.#fresh(host)?.rank ?? 0;
    this.cache.keep(rrset(a(`host-${host}.test.`, `192.0.2.${address}`, ttl)), rank);
    const isTaken = held <= rank || (held === denialRank && rank === authoritativeAnswer);
    if (isTaken) this.#say({ host, rank, address, ttl });
    // The cache may have evicted what would have refused it, so that the model cannot say which of the two it has.
    else if (ttl > 0) this.cache.forget(name(`host-${host}.test.`), 1);
  }

  deny({ host, address, ttl }: Step): void {
    this.cache.keepDenial(denial(`host-${host}.test.`, 'A', { ttl }));
    if (ttl > 0) this.#say({ host, rank: denialRank, address, ttl });
  }

  find({ host, rank }: Step): void {
    const owner = name(`host-${host}.test.`);
    const fresh = this.#fresh(host);
    if (this.cache.findDenial(owner, 1)) assert.equal(fresh?.rank, denialRank);
    const found = this.cache.find(owner, 1, rank);
    if (!found) return;
    assert.ok(fresh && fresh.rank >= rank && fresh.rank < denialRank);
    assert.deepEqual(found.records[0]?.rdata, a('x.', `192.0.2.${fresh.address}`).rdata);
    assert.ok(found.ttl > 0 && found.ttl <= Math.ceil((fresh.expiresMs - this.#clock.wallMs()) / 1000));
  }

  #say({ host, rank, address, ttl }: Omit<Step, 'rank'> & { readonly rank: number }): void {
    this.#said.set(host, { rank, address, expiresMs: this.#clock.wallMs() + ttl * 1000 });
  }

  #fresh(host: number) {
    const said = this.#said.get(host);
    return said && this.#clock.wallMs() < said.expiresMs ? said : undefined;
  }
}
