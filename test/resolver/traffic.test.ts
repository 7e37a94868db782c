import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../src/dns/rcode.ts';
import { recordTypes } from '../../src/dns/record-type.ts';
import { Histogram } from '../../src/resolver/histogram.ts';
import type { Client } from '../../src/resolver/listeners/client.ts';
import { emptyReply, type Reply } from '../../src/resolver/reply.ts';
import type { Told } from '../../src/resolver/told.ts';
import { origins, rcodeLabels, Traffic, trafficNumbers, typeLabels } from '../../src/resolver/traffic.ts';
import { trafficTold } from '../../src/resolver/traffic-told.ts';
import { transports } from '../../src/resolver/transport.ts';
import { edns, query, question } from './messages.ts';

function client(transport: Client['transport'], family: 4 | 6): Client {
  const text = family === 4 ? '203.0.113.53' : '2001:db8:53::53';
  return { transport, address: '198.18.0.1', local: { text, family, kind: 'service' } };
}

/** The values of a metric, `label,label` to number; without those that are 0. */
function values(traffic: Traffic, name: string): Record<string, number> {
  const told = trafficTold(traffic).find((each: Told) => each.name === name);
  assert.ok(told, name);
  const read = told.read();
  if (typeof read === 'number') return { '': read };
  const all = read.map(([labels, value]) => {
    const key = typeof labels === 'string' ? labels : labels.join();
    return [key, typeof value === 'number' ? value : value.count] as const;
  });
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

const octets = Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0);

describe('traffic', () => {
  it('counts queries by transport and family, and how many are under way', () => {
    const traffic = new Traffic();
    traffic.received(client('udp', 4));
    traffic.received(client('udp', 6));
    traffic.received(client('doh', 6));
    assert.deepEqual(values(traffic, 'anycast_resolver_queries_total'), {
      'udp,4': 1,
      'udp,6': 1,
      'doh,6': 1,
    });
    assert.deepEqual(traffic.queriesByTransport, { udp: 2, tcp: 0, dot: 0, doh: 1 });
    traffic.ignored();
    traffic.replied('udp', emptyReply(0), octets, 1);
    assert.equal(traffic.underWay, 1);
  });

  it('counts a query that passes at once as it counts one that is asked and replied to', () => {
    const all = new Traffic();
    const passed = new Traffic();
    const seen = { type: recordTypes.MX, hasEdns: true, dnssecOk: true, rcode: rcodes.NXDOMAIN };
    for (const family of [4, 6] as const) {
      all.received(client('udp', family));
      all.asked(query('a.test', 'MX', { edns: edns({ dnssecOk: true }) }));
      all.replied('udp', { ...emptyReply(rcodes.NXDOMAIN), origin: 'cache' }, octets.with(2, 0x82), 0);
      passed.passed({ ...seen, family, origin: 'cache', replySize: octets.length, isTruncated: true });
    }
    all.received(client('udp', 4));
    all.asked(query('a.test'));
    all.ignored();
    const plain = {
      type: recordTypes.A,
      hasEdns: false,
      dnssecOk: false,
      rcode: 0,
      origin: 'local',
    } as const;
    passed.passed({ ...plain, family: 4, replySize: 0, isTruncated: false });
    const told = (traffic: Traffic) => trafficTold(traffic).map(({ name, read }) => [name, read()]);
    assert.deepEqual(told(passed), told(all));
  });

  it('adds up what several have counted', () => {
    const numbers = [new Float64Array(trafficNumbers), new Float64Array(trafficNumbers)];
    const sum = new Traffic();
    for (const [index, each] of numbers.entries()) {
      const traffic = new Traffic(each);
      for (let times = 0; times <= index; times += 1) {
        traffic.received(client('tcp', 6));
        traffic.replied('tcp', emptyReply(0), octets, 3);
      }
      sum.add(each);
    }
    assert.deepEqual(sum.queriesByTransport, { udp: 0, tcp: 3, dot: 0, doh: 0 });
    assert.deepEqual(values(sum, 'anycast_resolver_reply_seconds'), { 'tcp,NOERROR,local': 3 });
  });

  it('counts every combination of transport, rcode and origin apart from every other', () => {
    const traffic = new Traffic();
    const expected: Record<string, number> = {};
    const combinations = transports.flatMap(transport =>
      Object.entries(rcodes).flatMap(([label, rcode]) =>
        origins.map(origin => ({ transport, label, rcode, origin })),
      ),
    );
    for (const [index, { transport, label, rcode, origin }] of combinations.entries()) {
      const reply: Reply = { ...emptyReply(rcode), ...(origin !== 'local' && { origin }) };
      for (let count = 0; count <= index; count += 1) traffic.replied(transport, reply, octets, 1);
      const key = [transport, rcodeLabels.includes(label) ? label : 'other', origin].join();
      expected[key] = (expected[key] ?? 0) + index + 1;
    }
    assert.deepEqual(values(traffic, 'anycast_resolver_replies_total'), expected);
    assert.deepEqual(values(traffic, 'anycast_resolver_reply_seconds'), expected);
    assert.equal(typeof expected['doh,other,stale'], 'number');
  });

  it('counts types that have a label under it, and all others as other', () => {
    const traffic = new Traffic();
    for (const type of ['A', 'A', 'HTTPS', 'URI', 'CAA', 'NULL'] as const)
      traffic.asked(query('www.test.', type));
    traffic.asked(query('www.test.', 'A', { questions: [{ ...question('www.test.'), type: 65_535 }] }));
    assert.deepEqual(values(traffic, 'anycast_resolver_query_types_total'), {
      A: 2,
      CAA: 1,
      HTTPS: 1,
      other: 3,
    });
    for (const label of typeLabels) assert.ok(label === 'other' || label in recordTypes, label);
  });

  it('counts EDNS, DO, truncation, and the octets of replies', () => {
    const traffic = new Traffic();
    traffic.asked(query('www.test.', 'A', { edns: edns() }));
    traffic.asked(query('www.test.', 'A', { edns: edns({ dnssecOk: true }) }));
    traffic.replied('udp', emptyReply(0), octets.with(2, 0x82), 1);
    traffic.replied('tcp', emptyReply(0), new Uint8Array(2000), 1);
    assert.deepEqual([traffic.edns, traffic.dnssecOk, traffic.truncated], [2, 1, 1]);
    assert.deepEqual(values(traffic, 'anycast_resolver_reply_bytes'), { udp: 1, tcp: 1 });
    const { buckets, sum } = traffic.sizes.snapshot(transports.indexOf('tcp'));
    assert.equal(sum, 2000);
    assert.equal(buckets.find(({ upTo }) => upTo === 1410)?.count, 0);
    assert.equal(buckets.find(({ upTo }) => upTo === 2048)?.count, 1);
  });
});

describe('a histogram', () => {
  it('puts a value into the first bucket that holds it, the last has no bound, and counts add up', () => {
    const histogram = new Histogram([1, 10], 2);
    for (const value of [0, 1, 1.5, 10, 11, 1e9]) histogram.record(1, value);
    assert.deepEqual(
      histogram.snapshot(1).buckets.map(({ upTo, count }) => [upTo, count]),
      [
        [1, 2],
        [10, 4],
        [Number.POSITIVE_INFINITY, 6],
      ],
    );
    assert.equal(histogram.count(1), 6);
    assert.deepEqual([histogram.count(0), histogram.snapshot(0).sum], [0, 0]);
    assert.equal(histogram.snapshot(1, 1000).buckets[0]?.upTo, 0.001);
  });
});
