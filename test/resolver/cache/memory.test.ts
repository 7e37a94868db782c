/** The bound on octets is a bound on memory: what the process takes for the caches is what they count, or less. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { a, cname, ns, query, question } from '../messages.ts';
import { denial, rrset, rrsetCache } from '../rrsets.ts';

const maxOctets = 16 * 1024 * 1024;

/** Beyond the bound: what is left of the heap's own bookkeeping, and the map's empty slots after it has grown. */
const overhead = 0.15;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function takenBy<T extends { readonly size: { octets: number; evictions: number } }>(fill: () => T): number {
  collect();
  const before = process.memoryUsage();
  const cache = fill();
  collect();
  collect();
  const after = process.memoryUsage();
  assert.ok(cache.size.evictions > 1000, 'it was full');
  assert.ok(cache.size.octets > maxOctets * 0.95);
  return after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
}

describe('the memory of a full cache', () => {
  it('of RRsets and denials is within its bound', () => {
    const taken = takenBy(() => {
      const { cache } = rrsetCache({ maxOctets });
      for (let index = 0; index < 70_000; index += 1) {
        const host = `host-${index}.test.`;
        if (index % 3 === 0) cache.keepDenial(denial(host));
        else if (index % 3 === 1) cache.keep(rrset(a(host, '192.0.2.1')), ranks.authoritativeAnswer);
        else cache.keep(rrset(ns(host, `a.${host}`), ns(host, `b.${host}`)), ranks.referral);
      }
      return cache;
    });
    assert.ok(taken < maxOctets * (1 + overhead), `${taken} octets taken`);
  });

  it('of answers is within its bound', () => {
    const taken = takenBy(() => {
      const cache = new AnswerCache(maxOctets);
      for (let index = 0; index < 15_000; index += 1) {
        const host = `host-${index}.test.`;
        const answers = [
          cname(host, `to.${host}`),
          a(`to.${host}`, '192.0.2.1'),
          a(`to.${host}`, '192.0.2.2'),
        ];
        const octets = Uint8Array.from(
          encodeMessage(query(host, 'A', { answers: answers.slice(index % 3) })),
        );
        const reply = {
          rcode: 0,
          authoritative: false,
          answers: decodeMessage(octets).answers,
          authorities: [],
          options: [],
          upstreamOctets: octets.length,
        };
        const flags = { dnssecOk: false, checkingDisabled: false };
        cache.keep({ question: question(host), flags, reply, ttlSeconds: 300 }, index);
      }
      return cache;
    });
    assert.ok(taken < maxOctets * (1 + overhead), `${taken} octets taken`);
  });
});
