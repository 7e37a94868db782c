/** The bound on octets is a bound on memory: what the process takes for the caches is what they count, or less. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeMessage, encodeMessage, type Message, type ResourceRecord } from '../../../src/dns/message.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { ipAddress } from '../../../src/ip/address.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { Servers } from '../../../src/resolver/exchange/servers.ts';
import { Delegation, Delegations } from '../../../src/resolver/iterator/delegations.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { a, cname, name, ns, nsec, query, question, rrsig, soa, txt } from '../messages.ts';
import { denial, rrset, rrsetCache } from '../rrsets.ts';

const maxOctets = 16 * 1024 * 1024;

const signed = { dnssecOk: true, checkingDisabled: false };

/** Beyond the bound: what is left of the heap's own bookkeeping, and the map's empty slots after it has grown. */
const overhead = 0.15;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface Filled {
  readonly size: { readonly octets: number; readonly evictions: number };
}

/** The less of two: what is compiled, or not collected yet, comes on top. */
function takenBy(fill: () => Filled): number {
  return Math.min(takenOnce(fill), takenOnce(fill));
}

function takenOnce(fill: () => Filled): number {
  collect();
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

  for (const isAsked of [false, true]) {
    it(`of answers is within its bound, ${isAsked ? 'each asked for again' : 'none asked for again'}`, () => {
      const taken = takenBy(() => {
        const cache = new AnswerCache(maxOctets);
        for (let index = 0; index < 40_000; index += 1) {
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
          };
          const flags = { dnssecOk: false, checkingDisabled: false };
          cache.keep({ question: question(host), flags, reply, ttlSeconds: 300 }, index);
          if (isAsked) assert.ok(cache.find(question(host), flags, index));
        }
        return cache;
      });
      assert.ok(taken < maxOctets * (1 + overhead), `${taken} octets taken`);
    });
  }

  /** Kinds of records that take more of the heap than their octets say, or less of the message. */
  const heavy: Readonly<Record<string, (owner: string) => Partial<Message>>> = {
    'a hundred empty strings': owner => {
      const strings = Array.from({ length: 100 }, () => new Uint8Array());
      return { answers: [{ ...txt(owner, ''), rdata: { kind: 'TXT', strings } }] };
    },
    'eighty service parameters': owner => {
      const parameters = Array.from({ length: 80 }, (_, key) => ({
        key: 100 + key,
        value: new Uint8Array(1),
      }));
      const rdata = { kind: 'HTTPS', priority: 1, target: name('.'), parameters } as const;
      return { answers: [{ ...a(owner, '192.0.2.1'), type: recordTypes.HTTPS, rdata }] };
    },
    'a signed denial': owner => ({
      authorities: [
        soa('test.'),
        rrsig('test.', { covers: 'SOA', labels: 1, signer: 'test.' }),
        nsec(owner, `a.${owner}`),
        rrsig(owner, { covers: 'NSEC', labels: 2, signer: 'test.' }),
        nsec('test.', `a.${owner}`),
        rrsig('test.', { covers: 'NSEC', labels: 1, signer: 'test.' }),
      ],
    }),
    'forty addresses': owner => ({
      answers: Array.from({ length: 40 }, (_, index) => a(owner, `192.0.2.${index}`)),
    }),
  };
  for (const [what, recordsOf] of Object.entries(heavy)) {
    it(`of answers is within its bound, each with ${what}`, () => {
      const taken = takenBy(() => {
        const cache = new AnswerCache(maxOctets);
        for (let index = 0; cache.size.evictions <= 1000 && index < 100_000; index += 1) {
          const host = `host-${index}.test.`;
          keep(cache, host, Uint8Array.from(encodeMessage(query(host, 'A', recordsOf(host)))));
          assert.ok(cache.find(question(host), signed, 0));
        }
        return cache;
      });
      assert.ok(taken < maxOctets * (1 + overhead), `${taken} octets taken`);
    });
  }

  it('of answers is within its bound, each an alias of one large RRset that is known already', () => {
    const { cache: rrsets } = rrsetCache({ maxOctets });
    const large = Array.from({ length: 20 }, (_, index) =>
      txt('large.test.', String(index).padStart(200, 'x')),
    );
    rrsets.keep(rrset(...large), ranks.authoritativeAnswer);
    const taken = takenBy(() => {
      const cache = new AnswerCache(maxOctets);
      for (let index = 0; cache.size.evictions <= 1000 && index < 100_000; index += 1) {
        const host = `host-${index}.test.`;
        const known = rrsets.find(name('large.test.'), recordTypes.TXT, ranks.answer)?.records ?? [];
        assert.equal(known.length, 20);
        const octets = Uint8Array.from(
          encodeMessage(query(host, 'TXT', { answers: [cname(host, 'large.test.')] })),
        );
        keep(cache, host, octets, known);
        assert.ok(cache.find(question(host), signed, 0));
      }
      return cache;
    });
    assert.ok(taken < maxOctets * (1 + overhead), `${taken} octets taken`);
  });
});

function keep(
  cache: AnswerCache,
  host: string,
  octets: Uint8Array,
  more: readonly ResourceRecord[] = [],
): void {
  const { answers, authorities } = decodeMessage(octets);
  const records = { answers: [...answers, ...more], authorities };
  const reply = { rcode: 0, authoritative: false, ...records, options: [] };
  cache.keep({ question: question(host), flags: signed, reply, ttlSeconds: 300 }, 0);
}

describe('what is learnt of servers from long messages', () => {
  /** A referral with all that its message may hold besides. */
  function longReferral(zone: string): Message {
    const filling = Array.from({ length: 100 }, () => txt('filling.test.', 'x'.repeat(250)));
    const additionals = [a(`ns.${zone}`, '192.0.2.1'), ...filling];
    return decodeMessage(
      Uint8Array.from(
        encodeMessage(query('x.', 'A', { authorities: [ns(zone, `ns.${zone}`)], additionals })),
      ),
    );
  }

  it('does not keep the messages: a delegation is within what it counts', () => {
    collect();
    const before = process.memoryUsage();
    const root = new Delegation(name('.'), [], Number.POSITIVE_INFINITY);
    const delegations = new Delegations({ maxOctets: 2 ** 20, maxTtl: 300, clock: systemClock });
    for (let index = 0; index < 2000; index += 1) {
      const { authorities, additionals } = longReferral(`zone-${index}.test.`);
      const [{ name: zone, rdata } = soa('.')] = authorities;
      const [{ rdata: address } = soa('.')] = additionals;
      assert.ok(rdata.kind === 'NS' && address.kind === 'A');
      const servers = [{ name: rdata.target, addresses: [ipAddress(address.address)] }];
      delegations.keep(zone, servers, { ttl: 300, parent: root });
    }
    collect();
    collect();
    const after = process.memoryUsage();
    assert.ok(delegations.size.entries > 500);
    const taken = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    assert.ok(taken < 2 ** 20 * (1 + overhead), `${taken} octets taken`);
  });

  it('does not keep the messages: an address is some hundred octets', () => {
    const source = ipAddress(Uint8Array.of(192, 0, 2, 200));
    const servers = new Servers({ sources: { 4: source }, port: 53 });
    collect();
    const before = process.memoryUsage();
    for (let index = 0; index < 2000; index += 1) {
      const octets = new Uint8Array(32_768).fill(index & 0xff);
      octets.set([198, 51, index >> 8, index & 0xff], 100);
      servers.at(ipAddress(octets.subarray(100, 104)));
    }
    collect();
    collect();
    const after = process.memoryUsage();
    assert.equal(servers.size, 2000);
    const each = (after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers) / 2000;
    assert.ok(each < 1000, `${each} octets each`);
  });
});
