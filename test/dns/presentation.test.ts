import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBase32Hex, formatBase64, formatHex } from '../../src/dns/presentation.ts';

test('hexadecimal and base64 are those of another implementation', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), octets => {
      assert.equal(formatHex(octets), Buffer.from(octets).toString('hex'));
      assert.equal(formatBase64(octets), Buffer.from(octets).toString('base64'));
    }),
  );
});

test('base32hex is that of RFC 4648 section 10, without padding and in lower case', () => {
  const vectors = {
    '': '',
    f: 'co',
    fo: 'cpng',
    foo: 'cpnmu',
    foob: 'cpnmuog',
    fooba: 'cpnmuoj1',
    foobar: 'cpnmuoj1e8',
  };
  for (const [text, encoded] of Object.entries(vectors)) {
    assert.equal(formatBase32Hex(new TextEncoder().encode(text)), encoded);
  }
});
