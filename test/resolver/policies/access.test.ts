import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessList } from '../../../src/resolver/policies/access.ts';
import { testDeployment } from '../test-deployment.ts';

describe('the access list', () => {
  const deployment = testDeployment({ resolver: ['accessList: [198.18.0.0/15, "2001:db8::/32"]'] });
  const isAdmitted = accessList(deployment.slice);

  it('admits the networks of the configuration and refuses strangers', () => {
    assert.equal(isAdmitted('198.19.255.255'), true);
    assert.equal(isAdmitted('198.20.0.0'), false);
    assert.equal(isAdmitted('2001:db8::1'), true);
    assert.equal(isAdmitted('2001:db9::1'), false);
  });

  it('admits the service address, every PoP and loopback though no list names them', () => {
    const closed = accessList(testDeployment().slice);
    for (const own of ['192.0.2.1', '127.0.0.1', '::1']) assert.equal(closed(own), true, own);
    assert.equal(closed('192.0.2.2'), false);
  });

  it('knows an IPv4 client that comes mapped into IPv6, and a link-local one with its interface', () => {
    assert.equal(isAdmitted('::ffff:198.18.0.1'), true);
    assert.equal(isAdmitted('fe80::1%eth0'), false);
  });

  it('refuses what is no address', () => {
    assert.equal(isAdmitted(''), false);
    assert.equal(isAdmitted('example'), false);
  });

  it('gives the same answer the second time, and after twenty thousand others', () => {
    for (let index = 0; index < 20_000; index += 1) isAdmitted(`10.0.${index >> 8}.${index & 255}`);
    assert.equal(isAdmitted('198.18.0.1'), true);
    assert.equal(isAdmitted('198.18.0.1'), true);
    assert.equal(isAdmitted('10.0.0.1'), false);
  });
});
