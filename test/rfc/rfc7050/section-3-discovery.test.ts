import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { answersOf, openNamesUnderTest } from '../../resolver/names/names-under-test.ts';

/** Section 2.2: where an IPv6 address may hold an IPv4 one, by prefix length (RFC 6052 section 2.2). */
const places = new Map([
  [32, [4, 5, 6, 7]],
  [40, [5, 6, 7, 9]],
  [48, [6, 7, 9, 10]],
  [56, [7, 9, 10, 11]],
  [64, [9, 10, 11, 12]],
  [96, [12, 13, 14, 15]],
]);

/** What a node does: it looks for either well-known IPv4 address in what it got, and takes what is in front for the prefix. */
function discovered(address: string): string[] {
  const { octets } = parseIpAddress(address) ?? assert.fail(address);
  return [...places].flatMap(([length, at]) => {
    const ipv4 = at.map(index => octets[index]).join('.');
    const isWellKnown = ipv4 === '192.0.0.170' || ipv4 === '192.0.0.171';
    return isWellKnown ? [`${Buffer.from(octets.subarray(0, length / 8)).toString('hex')}/${length}`] : [];
  });
}

describe('RFC 7050 section 3, discovery of the NAT64 prefix', () => {
  for (const [prefix, expected] of [
    ['2001:db8::/32', '20010db8/32'],
    ['2001:db8:100::/40', '20010db801/40'],
    ['2001:db8:122::/48', '20010db80122/48'],
    ['2001:db8:122:300::/56', '20010db8012203/56'],
    ['2001:db8:122:344::/64', '20010db801220344/64'],
    ['2001:db8:122:344::/96', '20010db80122034400000000/96'],
    ['64:ff9b::/96', '0064ff9b0000000000000000/96'],
  ] as const) {
    it(`a node finds ${prefix}, and no other, from the AAAA records of ipv4only.arpa`, async () => {
      await using names = await openNamesUnderTest({ names: `dns64: { prefix: "${prefix}" }` });
      const records = answersOf(await names.ask('ipv4only.arpa.', 'AAAA'));
      assert.equal(records.length, 2);
      for (const record of records) assert.deepEqual(discovered(record.split(' ')[4] ?? ''), [expected]);
      assert.deepEqual(names.passed, []);
    });
  }

  it('a node asks with CD off, and gets nothing made with CD and DO', async () => {
    await using names = await openNamesUnderTest({ names: 'dns64: { prefix: "64:ff9b::/96" }' });
    const flags = { dnssecOk: true, checkingDisabled: true };
    assert.deepEqual(answersOf(await names.ask('ipv4only.arpa.', 'AAAA', flags)), []);
  });

  it('a node behind no NAT64 finds none', async () => {
    await using names = await openNamesUnderTest({
      names: 'dns64: { prefix: "64:ff9b::/96", clients: ["2001:db8:6::/48"] }',
    });
    assert.deepEqual(answersOf(await names.ask('ipv4only.arpa.', 'AAAA')), []);
  });
});
