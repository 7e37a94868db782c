import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { Reader } from '../../../src/dns/reader.ts';
import { Writer } from '../../../src/dns/writer.ts';
import { hex, joined, name, octets, wire } from '../../dns/octets.ts';

test("the section's example: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root", () => {
  const message = joined(
    new Uint8Array(20),
    octets("01 'F' 03 'ISI' 04 'ARPA' 00"),
    new Uint8Array(8),
    octets("03 'FOO' c014"),
    new Uint8Array(18),
    octets('c01a 00'),
  );
  const reader = new Reader(message);
  const read = [20, 40, 64, 66].map(offset => {
    reader.offset = offset;
    return formatName(reader.name());
  });
  assert.deepEqual(read, ['F.ISI.ARPA.', 'FOO.F.ISI.ARPA.', 'ARPA.', '.']);
});

test('a name is written as labels, a pointer, or labels and a pointer', () => {
  const writer = new Writer();
  writer.bytes(new Uint8Array(20));
  for (const each of ['F.ISI.ARPA', 'FOO.F.ISI.ARPA', 'ARPA', '.']) writer.compressedName(name(each));
  assert.equal(
    hex(writer.written().subarray(20)),
    hex(octets("01 'F' 03 'ISI' 04 'ARPA' 00 03 'FOO' c014 c01a 00")),
  );
});

/** A message whose one question is these octets, at offset 12, with whatever they need. */
function questionAt12(body: string): Uint8Array {
  return wire([1, 0, 0, 0], octets(`${body} 0001 0001`));
}

test('a pointer to itself is a fault', () => {
  assert.throws(() => decodeMessage(questionAt12('c00c')), { code: 'pointer-forward', offset: 12 });
});

test('a pointer to the name it ends is a fault', () => {
  assert.throws(() => decodeMessage(questionAt12("01 'a' c00c")), { code: 'pointer-forward' });
});

test('a pointer into the middle of the name it ends is a fault', () => {
  assert.throws(() => decodeMessage(questionAt12("01 'a' 01 'b' c00e")), { code: 'pointer-forward' });
});

test('a pointer forwards is a fault, inside the message or past its end', () => {
  assert.throws(() => decodeMessage(questionAt12("c010 0001 01 'a' 00")), { code: 'pointer-forward' });
  assert.throws(() => decodeMessage(questionAt12('ffff')), { code: 'pointer-forward' });
});

test('a pointer into the header is a fault', () => {
  assert.throws(() => decodeMessage(questionAt12('c000')), { code: 'pointer-forward' });
  assert.throws(() => decodeMessage(questionAt12('c00b')), { code: 'pointer-forward' });
});

test('two pointers at each other are a fault', () => {
  const twoQuestions = wire([2, 0, 0, 0], octets("01 'a' 00 0001 0001 c015 0001 0001 c013"));
  assert.throws(() => decodeMessage(twoQuestions), { code: 'pointer-forward' });
});

test('a prior name that runs on into the pointer to it is a fault', () => {
  // The second question points at the type field of the first, where 05 begins a label that reaches over the pointer.
  const overlapping = wire([2, 0, 0, 0], octets('00 0005 0001 c00e 0001 0001'));
  assert.throws(() => decodeMessage(overlapping), { code: 'pointer-forward' });
});

test('half a pointer at the end is a fault', () => {
  assert.throws(() => decodeMessage(wire([1, 0, 0, 0], octets("01 'a' c0"))), { code: 'truncated' });
});

test('labels of the two unused types are a fault', () => {
  for (const type of ['40', '7f', '80', 'bf']) {
    assert.throws(() => decodeMessage(questionAt12(type)), { code: 'label-type' }, type);
  }
});

test('an owner and a target share what they have in common', () => {
  const message = wire(
    [1, 1, 0, 0],
    octets("03 'www' 07 'example' 03 'com' 00 0005 0001 c00c 0005 0001 00000e10 0006 03 'cdn' c010"),
  );
  const [alias] = decodeMessage(message).answers;
  assert.ok(alias?.rdata.kind === 'CNAME');
  assert.equal(formatName(alias.rdata.target), 'cdn.example.com.');
});
