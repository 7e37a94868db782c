import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../../src/dns/message.ts';
import { octets, wire } from '../../dns/octets.ts';

function ttlOf(ttl: string): number | undefined {
  return decodeMessage(wire([0, 1, 0, 0], octets(`00 0001 0001 ${ttl} 0004 c0000201`))).answers[0]?.ttl;
}

test('a TTL has 31 bits', () => {
  assert.equal(ttlOf('00000000'), 0);
  assert.equal(ttlOf('7fffffff'), 2 ** 31 - 1);
});

test('a TTL with its highest bit set is read as zero', () => {
  assert.equal(ttlOf('80000000'), 0);
  assert.equal(ttlOf('ffffffff'), 0);
});
