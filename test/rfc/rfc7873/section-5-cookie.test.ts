import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieOption, readCookie } from '../../../src/dns/options/cookie.ts';

function read(...lengths: number[]) {
  const options = lengths.map(length => ({ code: 10, data: new Uint8Array(length).fill(length) }));
  return readCookie({ udpPayloadSize: 1232, version: 0, dnssecOk: false, options });
}

test('a cookie is 8 octets of the client and none or 8 to 32 of the server', () => {
  assert.deepEqual(read(8), { client: new Uint8Array(8).fill(8) });
  for (const length of [16, 24, 40]) {
    const cookie = read(length);
    assert.equal(cookie?.client.length, 8);
    assert.equal(cookie?.server?.length, length - 8);
    assert.deepEqual(cookie && cookieOption(cookie).data, new Uint8Array(length).fill(length));
  }
  assert.equal(readCookie(undefined), undefined);
});

test('any other length is a fault, to be answered with FORMERR (5.2.2)', () => {
  for (const length of [0, 1, 7, 9, 15, 41, 100])
    assert.throws(() => read(length), { code: 'option-malformed' });
});

test('of several cookies the first counts (5.2)', () => {
  assert.equal(read(16, 8, 3)?.server?.length, 8);
});
