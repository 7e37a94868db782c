/** Glue that leads nowhere or back here (CVE-2026-50251): nobody is asked there, whatever a delegation says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { doNotQueryOf } from '../../../src/resolver/exchange/do-not-query.ts';
import {
  addressIn,
  ip,
  right,
  rightAddress,
  silent,
  TestAuthorities,
} from '../exchange/authorities-under-test.ts';
import { testDeployment } from '../test-deployment.ts';

describe('addresses in glue', () => {
  const deployment = testDeployment();
  const isRefused = doNotQueryOf(deployment.slice);

  for (const text of [
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.1.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:198.51.100.1',
    'fe80::1',
    'ff02::1',
  ]) {
    it(`are refused: ${text}`, () => assert.equal(isRefused(ip(text)), true));
  }

  it("are refused when they are the deployment's own, of any PoP", () => {
    for (const own of [deployment.service, deployment.management, '192.0.2.1'])
      assert.equal(isRefused(ip(own)), true);
    assert.equal(isRefused(ip('::ffff:192.0.2.1')), true);
  });

  it("are asked when they are anybody else's", () => {
    for (const text of ['198.51.100.7', '10.0.0.1', '2001:db8::1', 'fd00::1'])
      assert.equal(isRefused(ip(text)), false);
  });

  it("are excepted by the operator, but never the deployment's own", () => {
    const { slice, service, management } = testDeployment({
      resolver: ['recursion: { allowQuery: [127.0.0.0/8], doNotQuery: [198.51.100.0/24] }'],
    });
    const refuses = doNotQueryOf(slice);
    assert.equal(refuses(ip('127.0.0.1')), false);
    assert.equal(refuses(ip(service)), true);
    assert.equal(refuses(ip(management)), true);
    assert.equal(refuses(ip('198.51.100.1')), true);
  });

  it('get no query when they are refused; the others of the zone are asked', async () => {
    let refused = '';
    await using under = new TestAuthorities({ isRefused: address => address.text === refused });
    const [own, other] = await under.serve(silent, right);
    refused = under.address(0);
    for (let index = 0; index < 5; index += 1)
      assert.equal(addressIn(await under.ask(`n${index}.test.`)), rightAddress);
    assert.equal(own?.calls.length, 0);
    assert.equal(other?.calls.length, 5);
    assert.equal(under.counters.refusedAddresses, 5);
  });

  it('end the question at once, for nothing, when there is no other', async () => {
    await using under = new TestAuthorities({ isRefused: () => true });
    const [server] = await under.serve(right);
    assert.equal(await under.ask('www.test.'), undefined);
    assert.equal(server?.calls.length, 0);
    assert.equal(under.counters.sent.udp, 0);
  });
});
