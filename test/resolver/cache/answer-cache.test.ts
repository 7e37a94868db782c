import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { rcodes } from '../../../src/dns/rcode.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { a, cname, question, soa, txt } from '../messages.ts';

const flags = { dnssecOk: false, checkingDisabled: false };
const plenty = 1024 * 1024;

/** An address, and so many octets more. */
function answer(owner: string, octets = 0): Reply {
  const filling = Array.from({ length: Math.floor(octets / 200) }, () => txt(owner, 'x'.repeat(200)));
  return { ...emptyReply(rcodes.NOERROR), answers: [a(owner, '198.51.100.1', 300), ...filling] };
}

function keep(cache: AnswerCache, owner: string, { ttlSeconds = 300, octets = 0, wallMs = 0 } = {}): void {
  cache.keep({ question: question(owner), flags, reply: answer(owner, octets), ttlSeconds }, wallMs);
}

describe('the answer cache', () => {
  it('counts the TTL down and forgets the answer when it is over', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'www.test.', { ttlSeconds: 300, wallMs: 1000 });
    assert.equal(cache.find(question('www.test.'), flags, 1000)?.answers[0]?.ttl, 300);
    assert.equal(cache.find(question('www.test.'), flags, 100_999)?.answers[0]?.ttl, 201);
    assert.equal(cache.find(question('www.test.'), flags, 300_999)?.answers[0]?.ttl, 1);
    assert.equal(cache.find(question('www.test.'), flags, 301_000), undefined);
    assert.equal(cache.size.entries, 0);
    assert.equal(cache.size.octets, 0);
  });

  it('ignores letter case, and tells type, class, DO and CD apart', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'www.test.');
    assert.ok(cache.find(question('WWW.tEsT.'), flags, 0));
    assert.equal(cache.find(question('www.test.', 'AAAA'), flags, 0), undefined);
    assert.equal(cache.find({ ...question('www.test.'), class: 3 }, flags, 0), undefined);
    assert.equal(cache.find(question('www.test.'), { ...flags, dnssecOk: true }, 0), undefined);
    assert.equal(cache.find(question('www.test.'), { ...flags, checkingDisabled: true }, 0), undefined);
  });

  it('keeps nothing with a TTL of 0', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'www.test.', { ttlSeconds: 0 });
    assert.equal(cache.size.entries, 0);
  });

  it('takes NXDOMAIN for every type of the name, but not when an alias led to it', () => {
    const cache = new AnswerCache(plenty);
    const denial = { ...emptyReply(rcodes.NXDOMAIN), authorities: [soa('test.')] };
    cache.keep({ question: question('no.test.'), flags, reply: denial, ttlSeconds: 60 }, 0);
    assert.equal(cache.find(question('no.test.', 'MX'), flags, 0)?.rcode, rcodes.NXDOMAIN);
    const aliased = { ...denial, answers: [cname('alias.test.', 'no.test.')] };
    cache.keep({ question: question('alias.test.'), flags, reply: aliased, ttlSeconds: 60 }, 0);
    assert.equal(cache.find(question('alias.test.', 'MX'), flags, 0), undefined);
    assert.equal(cache.find(question('alias.test.'), flags, 0)?.rcode, rcodes.NXDOMAIN);
  });

  it('takes NXDOMAIN about a DS record for that question alone, since the zone above gave it', () => {
    const cache = new AnswerCache(plenty);
    const denial = { ...emptyReply(rcodes.NXDOMAIN), authorities: [soa('test.')] };
    cache.keep({ question: question('leaf.test.', 'DS'), flags, reply: denial, ttlSeconds: 60 }, 0);
    assert.equal(cache.find(question('leaf.test.', 'DS'), flags, 0)?.rcode, rcodes.NXDOMAIN);
    assert.equal(cache.find(question('leaf.test.'), flags, 0), undefined);
  });

  it('drops what the clock, stepped back, puts into the future', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'www.test.', { wallMs: 10_000 });
    assert.equal(cache.find(question('www.test.'), flags, 9000), undefined);
  });

  it('refuses an entry that is too large for one name', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'large.test.', { octets: 20_000 });
    assert.equal(cache.size.entries, 0);
  });

  it('counts what an answer takes once it has been asked for, and gives it whole where that is too much', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'www.test.');
    const packed = cache.size.octets;
    const reply = answer('www.test.');
    const given = cache.find(question('www.test.'), flags, 0);
    assert.deepEqual(given, { ...reply, origin: 'cache' });
    assert.ok(cache.size.octets > 2 * packed);
    const large = answer('large.test.', 12_000);
    cache.keep({ question: question('large.test.'), flags, reply: large, ttlSeconds: 300 }, 0);
    const { octets } = cache.size;
    for (const _ of [1, 2])
      assert.deepEqual(cache.find(question('large.test.'), flags, 0)?.answers, large.answers);
    assert.equal(cache.size.octets, octets);
  });

  it('spares what is asked again and again from a flood of names asked once', () => {
    const cache = new AnswerCache(200_000);
    keep(cache, 'hot.test.');
    for (let index = 0; index < 5000; index += 1) {
      keep(cache, `flood-${index}.test.`);
      assert.ok(cache.find(question('hot.test.'), flags, 0), `lost after ${index}`);
    }
    assert.ok(cache.size.evictions > 4000);
  });

  it('stays within its octets, and its count of them is what its entries have, whatever is kept and found', () => {
    const step = fc.record({
      name: fc.nat(200),
      find: fc.boolean(),
      octets: fc.nat(4000),
      ttlSeconds: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), steps => {
        const cache = new AnswerCache(65_536);
        let wallMs = 0;
        for (const { name, find, octets, ttlSeconds } of steps) {
          wallMs += 100;
          if (find) cache.find(question(`n${name}.test.`), flags, wallMs);
          else keep(cache, `n${name}.test.`, { octets, ttlSeconds, wallMs });
          assert.ok(cache.size.octets <= 65_536);
        }
        // An hour later nothing is fresh: looking everything up must bring the count back to nothing.
        for (let name = 0; name <= 200; name += 1) {
          cache.find(question(`n${name}.test.`), flags, wallMs + 3_600_000);
        }
        assert.deepEqual([cache.size.entries, cache.size.octets], [0, 0]);
      }),
      { numRuns: 50 },
    );
  });

  it('does not serve what is doubted, keeps the rest, and judges what comes later on its own', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'moved.test.');
    keep(cache, 'stays.test.');
    cache.distrust(({ name }) => name[1] === 'm'.charCodeAt(0));
    assert.equal(cache.find(question('moved.test.'), flags, 0), undefined);
    assert.ok(cache.find(question('stays.test.'), flags, 0));
    keep(cache, 'moved.test.');
    assert.ok(cache.find(question('moved.test.'), flags, 0));
    cache.distrust(({ name }) => name[1] === 's'.charCodeAt(0));
    assert.ok(cache.find(question('moved.test.'), flags, 0));
    assert.equal(cache.find(question('stays.test.'), flags, 0), undefined);
  });

  it('still doubts what a dump has passed over', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'moved.test.');
    cache.distrust(() => true);
    const dumped = [...cache.kept({ wallMs: () => 0 })].filter(entry => entry !== undefined);
    assert.deepEqual(dumped, []);
    assert.equal(cache.find(question('moved.test.'), flags, 0), undefined);
  });

  it('is emptied when there are more doubts than are worth keeping, and goes on', () => {
    const cache = new AnswerCache(plenty);
    keep(cache, 'www.test.');
    for (let count = 0; count < 20; count += 1) cache.distrust(() => false);
    assert.equal(cache.find(question('www.test.'), flags, 0), undefined);
    keep(cache, 'www.test.');
    assert.ok(cache.find(question('www.test.'), flags, 0));
  });

  it('shrinks at once when it is given a smaller size', () => {
    const cache = new AnswerCache(plenty);
    for (let index = 0; index < 100; index += 1) keep(cache, `x${index}.test.`, { octets: 1000 });
    const { entries } = cache.size;
    cache.resize(cache.size.octets / 2, 0);
    assert.ok(cache.size.entries <= entries / 2 + 1 && cache.size.entries > entries / 3);
    assert.ok(cache.size.octets <= cache.size.maxOctets);
  });
});
