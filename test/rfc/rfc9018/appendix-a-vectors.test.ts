import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CookieMaker, clientHalf } from '../../../src/resolver/clients/server-cookie.ts';
import { sipKey } from '../../../src/resolver/clients/siphash.ts';
import { hex, octets } from '../../dns/octets.ts';

const secret = sipKey(octets('e5e973e5a6b2a43f48e7dc849e37bfcf'));
const maker = new CookieMaker();

function made(cookie: string, address: string, options: { seconds: number; secret?: Int32Array }): string {
  return hex(maker.make(clientHalf(octets(cookie)), address, { secret, ...options }));
}

describe('RFC 9018 appendix A, test vectors', () => {
  it('A.1: a client learns a new server cookie', () => {
    assert.equal(
      made('2464c4abcf10c957', '198.51.100.100', { seconds: 1_559_731_985 }),
      '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    );
  });

  it('A.2: the same client comes back after 40 minutes and gets a renewed one', () => {
    const cookie = '2464c4abcf10c957010000005cf79f111f8130c3eee29480';
    const seconds = 1_559_734_385;
    assert.equal(maker.check(octets(cookie), '198.51.100.100', { secrets: [secret], seconds }), 'renew');
    assert.equal(
      made(cookie, '198.51.100.100', { seconds }),
      '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    );
  });

  it('A.3: reserved octets that are not zero are hashed as they came, and are zero in the next cookie', () => {
    const cookie = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';
    const check = (seconds: number): string =>
      maker.check(octets(cookie), '203.0.113.203', { secrets: [secret], seconds });
    assert.equal(check(0x5cf78f71), 'good');
    // The appendix takes it two hours later, when it is past its time.
    const seconds = 1_559_734_700;
    assert.equal(check(seconds), 'bad');
    assert.equal(
      made(cookie, '203.0.113.203', { seconds }),
      'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    );
  });

  it('A.4: an IPv6 client with a cookie of the secret before gets one of the new secret', () => {
    const cookie = '22681ab97d52c298010000005cf7c57926556bd0934c72f8';
    const address = '2001:db8:220:1:59de:d0f4:8769:82b8';
    const seconds = 1_559_741_961;
    const before = sipKey(octets('dd3bdf9344b678b185a6f5cb60fca715'));
    const active = sipKey(octets('445536bcd2513298075a5d379663c962'));
    assert.equal(maker.check(octets(cookie), address, { secrets: [active, before], seconds }), 'renew');
    assert.equal(maker.check(octets(cookie), address, { secrets: [active], seconds }), 'bad');
    assert.equal(
      made(cookie, address, { seconds, secret: active }),
      '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    );
  });
});
