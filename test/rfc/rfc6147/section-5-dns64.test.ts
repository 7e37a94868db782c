import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceRecord } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { parseRecord } from '../../../src/dns/text/parse-record.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { a, cname, soa } from '../../resolver/messages.ts';
import {
  answersOf,
  type NamesUnderTest,
  openNamesUnderTest,
  shapeOf,
} from '../../resolver/names/names-under-test.ts';

const aaaa = (address: string) => parseRecord(`www.example. 300 AAAA ${address}`);

/** DNS64 before a resolver that answers each type as told; the others with an empty answer. */
function withReplies(
  replies: Readonly<Record<number, Partial<Reply>>>,
  keys = 'dns64: { prefix: "2001:db8:64::/96" }',
): Promise<NamesUnderTest> {
  return openNamesUnderTest({
    names: keys,
    behind: ({ type }) => ({ ...emptyReply(0), ...replies[type] }),
  });
}

const answers = (...records: readonly ResourceRecord[]): Partial<Reply> => ({ answers: records });

describe('RFC 6147, DNS64', () => {
  it('section 5.1.1: where there is an AAAA record nothing is made', async () => {
    await using names = await withReplies({ [recordTypes.AAAA]: answers(aaaa('2001:db8::1')) });
    assert.deepEqual(answersOf(await names.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN AAAA 2001:db8::1',
    ]);
    assert.equal(names.passed.length, 1);
  });

  it('section 5.1: where there is none, one is made of each A record', async () => {
    await using names = await withReplies({
      [recordTypes.A]: answers(a('www.example.', '192.0.2.1'), a('www.example.', '192.0.2.33')),
    });
    assert.deepEqual(answersOf(await names.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN AAAA 2001:db8:64::c000:201',
      'www.example. 300 IN AAAA 2001:db8:64::c000:221',
    ]);
    assert.equal(names.counters.synthesized, 1);
    assert.deepEqual(answersOf(await names.ask('www.example.', 'A')).length, 2);
  });

  it('section 5.1.2: a name that does not exist stays so, and A is not asked', async () => {
    await using names = await withReplies({
      [recordTypes.AAAA]: { rcode: rcodes.NXDOMAIN },
      [recordTypes.A]: answers(a('www.example.', '192.0.2.1')),
    });
    assert.equal(shapeOf(await names.ask('www.example.', 'AAAA')), 'NXDOMAIN 0 0');
    assert.equal(names.passed.length, 1);
  });

  it('sections 5.1.2 and 5.1.3: a failure of the AAAA question is as good as no records', async () => {
    await using names = await withReplies({
      [recordTypes.AAAA]: { rcode: rcodes.SERVFAIL },
      [recordTypes.A]: answers(a('www.example.', '192.0.2.1')),
    });
    assert.equal(shapeOf(await names.ask('www.example.', 'AAAA')), 'NOERROR 1 0');
    await using failing = await withReplies({
      [recordTypes.AAAA]: { rcode: rcodes.SERVFAIL },
      [recordTypes.A]: { rcode: rcodes.SERVFAIL },
    });
    assert.equal(shapeOf(await failing.ask('www.example.', 'AAAA')), 'SERVFAIL 0 0');
  });

  it('section 5.1.4: excluded addresses count as none, and are not sent beside others', async () => {
    const mapped = aaaa('::ffff:192.0.2.9');
    await using names = await withReplies({
      [recordTypes.AAAA]: answers(mapped),
      [recordTypes.A]: answers(a('www.example.', '192.0.2.1')),
    });
    assert.deepEqual(answersOf(await names.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN AAAA 2001:db8:64::c000:201',
    ]);
    await using both = await withReplies({ [recordTypes.AAAA]: answers(mapped, aaaa('2001:db8::1')) });
    assert.deepEqual(answersOf(await both.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN AAAA 2001:db8::1',
    ]);
    await using none = await withReplies({ [recordTypes.AAAA]: answers(mapped) });
    assert.equal(shapeOf(await none.ask('www.example.', 'AAAA')), 'NOERROR 0 0');
    await using own = await withReplies(
      {
        [recordTypes.AAAA]: answers(aaaa('2001:db8:bad::1')),
        [recordTypes.A]: answers(a('www.example.', '192.0.2.1')),
      },
      'dns64: { prefix: "2001:db8:64::/96", exclude: ["2001:db8:bad::/48"] }',
    );
    assert.deepEqual(answersOf(await own.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN AAAA 2001:db8:64::c000:201',
    ]);
  });

  it('section 5.1.5: aliases stay in front', async () => {
    const alias = cname('www.example.', 'host.example.');
    await using names = await withReplies({
      [recordTypes.AAAA]: answers(alias),
      [recordTypes.A]: answers(alias, a('host.example.', '192.0.2.1')),
    });
    assert.deepEqual(answersOf(await names.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN CNAME host.example.',
      'host.example. 300 IN AAAA 2001:db8:64::c000:201',
    ]);
  });

  it('section 5.1.6: without A records the first answer stands, its SOA record included', async () => {
    await using names = await withReplies({ [recordTypes.AAAA]: { authorities: [soa('example.')] } });
    assert.equal(shapeOf(await names.ask('www.example.', 'AAAA')), 'NOERROR 0 1');
  });

  it('section 5.1.7: the TTL is the lesser of the A record’s and the SOA record’s, or of the former and 600', async () => {
    for (const [authorities, aTtl, ttl] of [
      [[soa('example.', { ttl: 120 })], 300, 120],
      [[soa('example.', { ttl: 900 })], 300, 300],
      [[], 7200, 600],
      [[], 300, 300],
    ] as const) {
      await using names = await withReplies({
        [recordTypes.AAAA]: { authorities },
        [recordTypes.A]: answers(a('www.example.', '192.0.2.1', aTtl)),
      });
      const { answers: made } = await names.ask('www.example.', 'AAAA');
      assert.equal(made[0]?.ttl, ttl);
    }
  });

  it('section 5.3.1: the reverse name of an address in the prefix is an alias of the IPv4 address’s', async () => {
    // 2001:db8:64::c000:221
    const reverse = '1.2.2.0.0.0.0.C.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.8.B.D.0.1.0.0.2.ip6.arpa.';
    await using names = await openNamesUnderTest({
      names: 'dns64: { prefix: "2001:db8:64::/96" }, specialUse: { except: [2.0.192.in-addr.arpa.] }',
      behind: ({ name }) => ({
        ...emptyReply(0),
        answers: [{ ...parseRecord('x. 60 PTR www.example.'), name }],
      }),
    });
    assert.deepEqual(answersOf(await names.ask(reverse, 'PTR')), [
      `${reverse} 600 IN CNAME 33.2.0.192.in-addr.arpa.`,
      '33.2.0.192.in-addr.arpa. 60 IN PTR www.example.',
    ]);
    await names.ask('1.0.0.2.ip6.arpa.', 'PTR');
    assert.equal(names.passed.length, 2);
    assert.equal(names.counters.synthesized, 1);
  });

  it('section 5.5: with DO and CD nothing is made; with either alone it is', async () => {
    const replies = { [recordTypes.A]: answers(a('www.example.', '192.0.2.1')) };
    await using names = await withReplies(replies);
    const made = async (flags: { dnssecOk?: boolean; checkingDisabled?: boolean }) =>
      (await names.ask('www.example.', 'AAAA', flags)).answers.length;
    assert.equal(await made({ dnssecOk: true, checkingDisabled: true }), 0);
    assert.equal(await made({ dnssecOk: true }), 1);
    assert.equal(await made({ checkingDisabled: true }), 1);
  });

  it('section 4: is there for those behind the NAT64, and for nobody else, where they are named', async () => {
    await using names = await withReplies(
      { [recordTypes.A]: answers(a('www.example.', '192.0.2.1')) },
      'dns64: { prefix: "2001:db8:64::/96", clients: ["2001:db8:6::/48", 198.18.6.0/24] }',
    );
    const made = async (address: string) =>
      (await names.ask('www.example.', 'AAAA', { address })).answers.length;
    for (const address of ['2001:db8:6::1', '198.18.6.9', '::ffff:198.18.6.9'])
      assert.equal(await made(address), 1);
    for (const address of ['2001:db8:7::1', '198.18.7.9', 'fe80::1%eth0'])
      assert.equal(await made(address), 0);
    const reverse = '1.2.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.8.b.d.0.1.0.0.2.ip6.arpa.';
    const led = await names.ask(reverse, 'PTR', { address: '2001:db8:6::1' });
    assert.equal(led.answers[0]?.rdata.kind, 'CNAME');
    assert.equal((await names.ask(reverse, 'PTR', { address: '2001:db8:7::1' })).answers.length, 0);
  });

  it('RFC 6052 section 3.1: the well-known prefix is for no private address', async () => {
    const replies = {
      [recordTypes.A]: answers(a('www.example.', '10.0.0.1'), a('www.example.', '192.0.2.1')),
    };
    await using names = await withReplies(replies, 'dns64: { prefix: "64:ff9b::/96" }');
    assert.deepEqual(answersOf(await names.ask('www.example.', 'AAAA')), [
      'www.example. 300 IN AAAA 64:ff9b::c000:201',
    ]);
  });

  it('makes addresses for own records too', async () => {
    await using names = await openNamesUnderTest({
      names: 'dns64: { prefix: "2001:db8:64::/96" }, records: [www.corp.example. 60 A 192.0.2.1]',
    });
    assert.deepEqual(answersOf(await names.ask('www.corp.example.', 'AAAA')), [
      'www.corp.example. 60 IN AAAA 2001:db8:64::c000:201',
    ]);
    assert.deepEqual(names.passed, []);
  });

  it('is nothing to a resolver without it', async () => {
    await using names = await withReplies({ [recordTypes.A]: answers(a('www.example.', '192.0.2.1')) }, '');
    assert.equal(shapeOf(await names.ask('www.example.', 'AAAA')), 'NOERROR 0 0');
    assert.equal(names.passed.length, 1);
  });
});
