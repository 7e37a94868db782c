import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { openNsd } from '../nsd.ts';
import { addressIn, TestAuthorities } from './authorities-under-test.ts';

const zone = `
$ORIGIN test.
@ 300 IN SOA ns hostmaster 1 3600 600 86400 60
@ 300 IN NS ns
ns 300 IN A 198.51.100.53
www 300 IN A 198.51.100.80
alias 300 IN CNAME www
sub 300 IN NS ns.sub
ns.sub 300 IN A 198.51.100.54
${Array.from({ length: 30 }, (_, index) => `big 300 IN TXT "${`${index}`.padEnd(200, 'x')}"`).join('\n')}
`;

describe('asking a real NSD', () => {
  it('gets its cookie, and is believed with it', async () => {
    await using under = new TestAuthorities();
    const address = under.address(0);
    const { port } = under;
    const server = ['answer-cookie: yes', 'cookie-secret: "000102030405060708090a0b0c0d0e0f"'];
    await using _nsd = await openNsd({ address, port, zones: { 'test.': zone }, server });
    for (const name of ['www.test.', 'ns.test.', 'none.test.'])
      assert.ok(await under.ask(name, { servers: [address] }));
    const { cookiesKept, cookiesLost, badCookies } = under.counters;
    assert.deepEqual(
      { cookiesKept, cookiesLost, badCookies },
      { cookiesKept: 3, cookiesLost: 0, badCookies: 0 },
    );
  });

  it('gets answers, denials, referrals and what is too large for UDP, with the case of names kept secret', async () => {
    await using under = new TestAuthorities();
    const servers = [under.address(0)];
    await using _nsd = await openNsd({
      address: under.address(0),
      port: under.port,
      zones: { 'test.': zone },
    });
    assert.equal(addressIn(await under.ask('www.test.', { servers })), '198.51.100.80');
    const alias = await under.ask('alias.test.', { servers });
    assert.deepEqual(
      alias?.message.answers.map(({ type }) => type),
      [recordTypes.CNAME, recordTypes.A],
    );
    const denied = await under.ask('none.test.', { servers });
    assert.equal(denied?.message.rcode, rcodes.NXDOMAIN);
    const referral = await under.ask('x.sub.test.', { servers });
    assert.equal(referral?.message.flags.aa, false);
    assert.equal(referral?.message.additionals.length, 1);
    const big = await under.ask('big.test.', { type: 'TXT', servers });
    assert.equal(big?.message.answers.length, 30);
    assert.deepEqual(under.counters.sent, { udp: 5, tcp: 1 });
    assert.deepEqual(
      [under.counters.mismatched, under.counters.nearMisses, under.counters.timeouts],
      [0, 0, 0],
    );
    const [server] = under.authorities.servers();
    assert.deepEqual([server?.state, server?.speaksEdns, server?.keepsCase], ['well', true, true]);
  });

  it('is quick to resolve a thousand names, and each answer is that of its own question', async () => {
    await using under = new TestAuthorities();
    const servers = [under.address(0)];
    const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const text = `${zone}${names.map((name, index) => `${name} 300 IN A 198.18.${index >> 8}.${index & 255}`).join('\n')}\n`;
    await using _nsd = await openNsd({
      address: under.address(0),
      port: under.port,
      zones: { 'test.': text },
    });
    for (let start = 0; start < names.length; start += 100) {
      const found = await Promise.all(
        names.slice(start, start + 100).map(name => under.ask(`${name}.test.`, { servers })),
      );
      for (const [offset, answer] of found.entries()) {
        const index = start + offset;
        assert.equal(addressIn(answer), `198.18.${index >> 8}.${index & 255}`);
      }
    }
    assert.equal(under.counters.mismatched, 0);
  });
});
