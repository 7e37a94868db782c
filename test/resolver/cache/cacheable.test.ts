import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { cacheable, ttlLimits } from '../../../src/resolver/cache/cacheable.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { a, cname, soa } from '../messages.ts';

const limits = { minSeconds: 0, maxSeconds: 86_400, maxNegativeSeconds: 3600 };
const noerror = emptyReply(rcodes.NOERROR);

describe('how long a reply is kept', () => {
  it('is the least TTL in it', () => {
    const reply = {
      ...noerror,
      answers: [cname('x.test.', 'y.test.', 500), a('y.test.', '198.51.100.1', 20)],
    };
    assert.equal(cacheable(reply, limits).ttlSeconds, 20);
  });

  it('is clamped between the configured least and most, and so are the TTLs given', () => {
    const clamped = { ...limits, minSeconds: 30, maxSeconds: 100 };
    const reply = {
      ...noerror,
      answers: [cname('x.test.', 'y.test.', 500), a('y.test.', '198.51.100.1', 20)],
    };
    const { reply: given, ttlSeconds } = cacheable(reply, clamped);
    assert.equal(ttlSeconds, 30);
    assert.deepEqual(
      given.answers.map(record => record.ttl),
      [100, 30],
    );
  });

  it('is nothing for failures, and for a reply with neither answers nor a SOA record', () => {
    assert.equal(cacheable(emptyReply(rcodes.SERVFAIL), limits).ttlSeconds, 0);
    assert.equal(cacheable(noerror, limits).ttlSeconds, 0);
    assert.equal(cacheable(emptyReply(rcodes.NXDOMAIN), limits).ttlSeconds, 0);
  });

  it('is what the SOA record says for a denial at the end of an alias', () => {
    const answers = [cname('x.test.', 'y.test.', 500)];
    const reply = { ...noerror, answers, authorities: [soa('test.', { minimum: 40 })] };
    assert.equal(cacheable(reply, limits).ttlSeconds, 40);
  });

  it('comes from the configuration in whole seconds', () => {
    const cache = { maxBytes: 65_536, minTtl: 1500, maxTtl: 86_400_000, maxNegativeTtl: 3_600_000 };
    assert.deepEqual(ttlLimits(cache), { minSeconds: 1, maxSeconds: 86_400, maxNegativeSeconds: 3600 });
  });
});
