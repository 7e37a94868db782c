import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../../src/dns/message.ts';
import { formatName, parseName } from '../../../src/dns/name.ts';
import { joined, octets, wire } from '../../dns/octets.ts';

const label63 = 'x'.repeat(63);

test('a label of 63 octets is a label, one of 64 is not', () => {
  assert.equal(parseName(label63)?.length, 65);
  assert.equal(parseName(`${label63}x`), undefined);
  assert.equal(parseName(`${'\\000'.repeat(63)}.com`)?.length, 69);
  assert.equal(parseName(`${'\\000'.repeat(64)}.com`), undefined);
});

test('a name of 255 octets is a name, one of 256 is not, with or without the trailing dot', () => {
  const name255 = [label63, label63, label63, 'x'.repeat(61)].join('.');
  for (const end of ['', '.']) {
    assert.equal(parseName(name255 + end)?.length, 255);
    assert.equal(parseName(`${name255}x${end}`), undefined);
    assert.equal(parseName(`${'a.'.repeat(126)}a${end}`)?.length, 255);
    assert.equal(parseName(`${'a.'.repeat(127)}a${end}`), undefined);
  }
});

function question(name: Uint8Array): Uint8Array {
  return wire([1, 0, 0, 0], joined(name, octets('0001 0001')));
}

test('a name over 255 octets on the wire is a fault', () => {
  const label = joined(Uint8Array.of(63), new Uint8Array(63));
  const rest = (length: number) => joined(Uint8Array.of(length), new Uint8Array(length), Uint8Array.of(0));
  const longest = joined(label, label, label, rest(61));
  assert.equal(decodeMessage(question(longest)).questions[0]?.name.length, 255);
  assert.throws(() => decodeMessage(question(joined(label, label, label, rest(62)))), {
    code: 'name-too-long',
  });
  assert.throws(() => decodeMessage(question(joined(...Array(1000).fill(label)))), { code: 'name-too-long' });
});

test('the longest text of a name is that of its most escaped octets', () => {
  const octet255 = joined(Uint8Array.of(63), new Uint8Array(63).fill(7), Uint8Array.of(0));
  assert.equal(formatName(octet255).length, 63 * 4 + 1);
});
