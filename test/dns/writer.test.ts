import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalNames, parseName } from '../../src/dns/name.ts';
import { Reader } from '../../src/dns/reader.ts';
import { Writer } from '../../src/dns/writer.ts';
import { hex, name, octets } from './octets.ts';

/** A writer that has written a header. */
function afterHeader(): Writer {
  const writer = new Writer();
  writer.bytes(new Uint8Array(12));
  return writer;
}

function bodyOf(writer: Writer): string {
  return hex(writer.written().subarray(12));
}

test('a name is written once, then as a pointer, whatever its letter case', () => {
  const writer = afterHeader();
  writer.compressedName(name('www.example.com'));
  writer.compressedName(name('WWW.EXAMPLE.com'));
  writer.compressedName(name('ftp.Example.COM'));
  writer.compressedName(name('.'));
  assert.equal(bodyOf(writer), hex(octets("03 'www' 07 'example' 03 'com' 00 c00c 03 'ftp' c010 00")));
});

test('a label that holds a dot is never taken for two', () => {
  const writer = afterHeader();
  writer.compressedName(name('a.b.com'));
  writer.compressedName(name('a\\.b.com'));
  assert.equal(bodyOf(writer), hex(octets("01 'a' 01 'b' 03 'com' 00 03 'a.b' c010")));
});

test('a name that was taken back is no target any more', () => {
  const writer = afterHeader();
  writer.compressedName(name('example.com'));
  const mark = writer.length;
  writer.compressedName(name('gone.example.com'));
  writer.rewind(mark);
  writer.uint32(0);
  writer.compressedName(name('gone.example.com'));
  assert.equal(bodyOf(writer).slice(-14), hex(octets("04 'gone' c00c")));
});

test('a name beyond the reach of a pointer is not pointed at', () => {
  const writer = afterHeader();
  writer.bytes(new Uint8Array(0x4000));
  writer.compressedName(name('example.com'));
  writer.compressedName(name('example.com'));
  assert.equal(writer.length, 12 + 0x4000 + 2 * 13);
});

test('a thousand names in one message, more than the table holds, all read back', () => {
  const writer = afterHeader();
  const names = Array.from({ length: 1000 }, (_, index) =>
    name(`host-${index}.zone-${index % 37}.example.com`),
  );
  for (const each of names) writer.compressedName(each);
  const reader = new Reader(writer.written());
  reader.offset = 12;
  for (const each of names) assert.ok(equalNames(reader.name(), each));
  // All but the first still share at least `example.com`.
  assert.ok(writer.length < 12 + 1000 * (9 + 8 + 2) + 20, `${writer.length} octets`);
});

test('the longest name of the shortest labels is compressed and read back', () => {
  const writer = afterHeader();
  const longest = parseName('a.'.repeat(127));
  assert.ok(longest);
  writer.compressedName(name(`x.${'a.'.repeat(126)}`));
  writer.compressedName(longest);
  const reader = new Reader(writer.written());
  reader.offset = 12;
  reader.name();
  assert.ok(equalNames(reader.name(), longest));
});

test('a field too long for its length octets is refused', () => {
  assert.throws(() => afterHeader().characterString(new Uint8Array(256)), RangeError);
  const writer = afterHeader();
  const at = writer.openLength();
  writer.bytes(new Uint8Array(0x1_0000));
  assert.throws(() => writer.closeLength(at), RangeError);
});
