import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CookieMaker } from '../../../src/resolver/clients/server-cookie.ts';
import { sipKey } from '../../../src/resolver/clients/siphash.ts';

const secret = sipKey(Uint8Array.from({ length: 16 }, (_, index) => index));
const maker = new CookieMaker();
const client = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const address = '198.18.0.1';

/** What a cookie made at `madeAt` is worth `later` seconds after. */
function check(later: number, madeAt = 1_750_000_000): string {
  const cookie = maker.make(client, address, { secret, seconds: madeAt });
  return maker.check(cookie, address, { secrets: [secret], seconds: madeAt + later });
}

describe('RFC 9018 section 4.3, the timestamp', () => {
  it('is good up to an hour old and five minutes ahead, and renewed from half an hour on', () => {
    const worth = {
      0: 'good',
      1799: 'good',
      1800: 'renew',
      3600: 'renew',
      3601: 'bad',
      [-300]: 'good',
      [-301]: 'bad',
    };
    for (const [later, state] of Object.entries(worth)) assert.equal(check(Number(later)), state, later);
  });

  it('is compared in serial number arithmetic, across the end of its 32 bits', () => {
    assert.equal(check(10, 2 ** 32 - 5), 'good');
    assert.equal(check(3600, 2 ** 32 - 5), 'renew');
    assert.equal(check(3601, 2 ** 32 - 5), 'bad');
    assert.equal(check(-10, 2 ** 32 + 5), 'good');
    assert.equal(check(2 ** 31, 2 ** 31), 'bad');
  });
});

describe('RFC 9018 section 4, what is hashed', () => {
  it('section 4.4: one bit more or less anywhere makes it bad', () => {
    const seconds = 1_750_000_000;
    const cookie = maker.make(client, address, { secret, seconds });
    for (let bit = 0; bit < cookie.length * 8; bit += 1) {
      const changed = cookie.with(bit >> 3, (cookie[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      assert.equal(maker.check(changed, address, { secrets: [secret], seconds }), 'bad', `bit ${bit}`);
    }
  });

  it('section 4.1: no other version and no other length is looked at', () => {
    const seconds = 1_750_000_000;
    const cookie = maker.make(client, address, { secret, seconds });
    for (const octets of [cookie.with(8, 2), cookie.slice(0, 16), Uint8Array.of(...cookie, 0)])
      assert.equal(maker.check(octets, address, { secrets: [secret], seconds }), 'bad');
  });
});

describe('RFC 9018 section 5, rolling to a new secret', () => {
  it('accepts what the secrets that are not active made, and renews it', () => {
    const staged = sipKey(new Uint8Array(16).fill(7));
    const seconds = 1_750_000_000;
    const cookie = maker.make(client, address, { secret: staged, seconds });
    assert.equal(maker.check(cookie, address, { secrets: [secret, staged], seconds }), 'renew');
    assert.equal(maker.check(cookie, address, { secrets: [secret], seconds }), 'bad');
  });
});
