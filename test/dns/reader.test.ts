import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../src/dns/message.ts';
import { formatName } from '../../src/dns/name.ts';
import { decompressionBudget, Reader } from '../../src/dns/reader.ts';
import { joined, octets, wire } from './octets.ts';

/** A reader at the first octet after a header. */
function readerOf(text: string): Reader {
  const reader = new Reader(joined(new Uint8Array(12), octets(text)));
  reader.offset = 12;
  return reader;
}

function pointer(target: number): Uint8Array {
  return Uint8Array.of(0xc0 | (target >> 8), target & 0xff);
}

/** Links of four octets, lying at `at`: a one-octet label and a pointer to the link before; the first ends in the root. */
function chainOfLabels(links: number, at = 12): Uint8Array {
  const first = octets("01 'a' 00 00");
  const rest = Array.from({ length: links - 1 }, (_, index) =>
    joined(octets("01 'a'"), pointer(at + index * 4)),
  );
  return joined(first, ...rest);
}

test('an uncompressed name is a view of the message, not a copy', () => {
  const reader = readerOf("03 'www' 00");
  assert.equal(reader.name().buffer, reader.octets.buffer);
  assert.equal(reader.expanded, 0);
});

test('a pointer to where a name was read gives that very name and costs nothing', () => {
  const reader = readerOf("03 'www' 00 c00c c00c");
  const first = reader.name();
  assert.equal(reader.name(), first);
  assert.equal(reader.name(), first);
  assert.equal(reader.expanded, 0);
  assert.equal(reader.remaining, 0);
});

test('a compressed name costs its length and its pointers', () => {
  const reader = readerOf("03 'com' 00 03 'www' c00c");
  reader.name();
  assert.equal(formatName(reader.name()), 'www.com.');
  assert.equal(reader.expanded, 10);
});

test('a chain of 127 pointers is a name; one more is a fault', () => {
  // The reader is told of no name in the chain, so that it has to walk it. Labels would be too long: pointers only.
  const links = (count: number) =>
    joined(octets('00 00'), ...Array.from({ length: count }, (_, index) => pointer(12 + index * 2)));
  for (const [count, fault] of [
    [127, undefined],
    [128, 'pointer-limit'],
  ] as const) {
    const reader = new Reader(joined(new Uint8Array(12), links(count)));
    reader.offset = 12 + count * 2;
    if (fault) assert.throws(() => reader.name(), { code: fault });
    else assert.equal(formatName(reader.name()), '.');
  }
});

test('127 labels through pointers are the longest name; one more is a fault', () => {
  const chain = joined(new Uint8Array(12), chainOfLabels(128));
  const reader = new Reader(chain);
  reader.offset = 12 + 126 * 4;
  assert.equal(reader.name().length, 255);
  reader.offset = 12 + 127 * 4;
  assert.throws(() => reader.name(), { code: 'name-too-long' });
});

test('a message full of names that lead into one long chain is a fault after a bounded expansion', () => {
  // The chain hides in the opaque RDATA of the first record, so that no name of it is known beforehand.
  const head = octets('00 000a 0001 00000000 01f8');
  const hidden = joined(head, chainOfLabels(126, 12 + head.length));
  const entry = 12 + head.length + 125 * 4;
  const attack = joined(octets("01 'b'"), pointer(entry), octets('0001 0001 00000000 0004 c0000201'));
  const count = Math.floor((65_535 - 12 - hidden.length) / attack.length);
  const body = joined(hidden, ...Array.from({ length: count }, () => attack));
  assert.throws(() => decodeMessage(wire([0, 1 + count, 0, 0], body)), { code: 'budget' });
});

test('the expansion of a message never exceeds its budget by more than one name and its pointers', () => {
  const chain = chainOfLabels(126);
  const entry = 12 + 125 * 4;
  const names = Array.from({ length: 9000 }, () => joined(octets("01 'b'"), pointer(entry)));
  const reader = new Reader(joined(new Uint8Array(12), chain, ...names));
  reader.offset = 12 + chain.length;
  let read = 0;
  assert.throws(
    () => {
      for (; ; read += 1) reader.name();
    },
    { code: 'budget' },
  );
  assert.ok(reader.expanded <= decompressionBudget + 255 + 127);
  assert.ok(read < 9000 / 10, `${read} names were expanded`);
});

test('reading past the end of the message, or of RDATA, is a fault that says which', () => {
  assert.throws(() => readerOf('00').uint16(), { code: 'truncated', offset: 12 });
  assert.throws(() => readerOf("05 'abc'").characterString(), { code: 'truncated' });
  const reader = readerOf('0000 0000');
  assert.throws(() => reader.openRdata(5), { code: 'truncated' });
  reader.openRdata(2);
  assert.throws(() => reader.uint32(), { code: 'rdata-length' });
  assert.equal(reader.uint16(), 0);
  reader.closeRdata();
  assert.equal(reader.remaining, 2);
});
