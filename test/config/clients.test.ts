import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientsSchema } from '../../src/config/resolver/clients.ts';

describe('the keys of resolver.clients', () => {
  it('limit clients unless told otherwise, and have no cookies without a secret that all PoPs share', () => {
    assert.deepEqual(clientsSchema.parse({}), {
      cookies: 'off',
      rateLimit: { perSecond: 2000, burst: 4000, slip: 2 },
      inFlight: 1000,
      discardAfter: 1900,
      provenFactor: 10,
      exempt: [],
    });
  });

  it('can each be switched off', () => {
    const off = clientsSchema.parse({
      cookies: 'off',
      rateLimit: 'off',
      inFlight: 'off',
      discardAfter: 'off',
    });
    assert.deepEqual(
      [off.cookies, off.rateLimit, off.inFlight, off.discardAfter],
      ['off', 'off', 'off', 'off'],
    );
  });

  it('take durations, prefixes and whole paths', () => {
    const given = clientsSchema.parse({
      cookies: { secretFile: '/etc/anycast/cookies' },
      discardAfter: '1s',
      exempt: ['198.18.0.0/15', '2001:db8::/32'],
    });
    assert.equal(given.discardAfter, 1000);
    assert.deepEqual(
      given.exempt.map(({ text }) => text),
      ['198.18.0.0/15', '2001:db8::/32'],
    );
    const refused = [
      { cookies: { secretFile: 'cookies' } },
      { cookies: 'on' },
      { rateLimit: { perSecond: 0 } },
      { inFlight: 0 },
      { discardAfter: 'soon' },
      { exempt: ['198.18.0.1/15'] },
      { rate: 1 },
    ];
    for (const keys of refused)
      assert.equal(clientsSchema.safeParse(keys).success, false, JSON.stringify(keys));
  });
});
