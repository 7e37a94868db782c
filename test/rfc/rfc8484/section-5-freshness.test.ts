import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { freshSeconds } from '../../../src/resolver/listeners/freshness.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { a, cname, soa } from '../../resolver/messages.ts';

describe('RFC 8484 section 5.1, freshness of answers', () => {
  const reply = emptyReply(rcodes.NOERROR);

  it('is the least TTL of the answer section', () => {
    const answers = [cname('www.test.', 'host.test.', 600), a('host.test.', '192.0.2.1', 30)];
    assert.equal(freshSeconds({ ...reply, answers }), 30);
  });

  it('is that of a negative answer by its SOA record: the lesser of its TTL and its minimum', () => {
    for (const rcode of [rcodes.NOERROR, rcodes.NXDOMAIN]) {
      const negative = { ...reply, rcode };
      const of = (ttl: number, minimum: number): number =>
        freshSeconds({ ...negative, authorities: [soa('test.', { ttl, minimum })] });
      assert.equal(of(3600, 60), 60);
      assert.equal(of(20, 60), 20);
    }
  });

  it('counts both where an alias leads to nothing', () => {
    const answers = [cname('www.test.', 'gone.test.', 40)];
    const authorities = [soa('test.', { minimum: 60 })];
    assert.equal(freshSeconds({ ...reply, rcode: rcodes.NXDOMAIN, answers, authorities }), 40);
  });

  it('is nothing for failures and refusals, and where there is nothing to go by', () => {
    const answers = [a('www.test.', '192.0.2.1', 300)];
    assert.equal(freshSeconds({ ...reply, rcode: rcodes.SERVFAIL, answers }), 0);
    assert.equal(freshSeconds(emptyReply(rcodes.REFUSED)), 0);
    assert.equal(freshSeconds(reply), 0);
  });
});
