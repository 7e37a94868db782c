import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { name, soa } from '../../resolver/messages.ts';
import { denial, rrsetCache } from '../../resolver/rrsets.ts';

test('RFC 9077 section 3: NSEC records of a denial live no longer than it does, whatever TTL they came with', () => {
  const { cache } = rrsetCache();
  const rdata = {
    kind: 'NSEC',
    next: name('z.test.'),
    types: Uint8Array.of(0, 1, 0x40),
  } as const;
  const nsec = { name: name('a.test.'), type: recordTypes.NSEC, class: 1, ttl: 86_400, rdata };
  const proof = [soa('test.', { ttl: 900, minimum: 120 }), nsec];
  cache.keepDenial(denial('no.test.', undefined, { ttl: 3600, proof }));
  const found = cache.findDenial(name('no.test.'), recordTypes.A);
  assert.equal(found?.ttl, 120);
  assert.deepEqual(
    found?.proof.map(({ type, ttl }) => [type, ttl]),
    [
      [recordTypes.SOA, 120],
      [recordTypes.NSEC, 120],
    ],
  );
});
