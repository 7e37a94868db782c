import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeader } from '../../src/dns/header.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { extendedErrorOption } from '../../src/dns/options/extended-error.ts';
import { nsidOption } from '../../src/dns/options/nsid.ts';
import { paddingBlocks } from '../../src/dns/options/padding.ts';
import { rcodes } from '../../src/dns/rcode.ts';
import { formatQuestion, formatRecord } from '../../src/dns/record-text.ts';
import { addressRecord, hex, joined, name, octets, question, record, response, wire } from './octets.ts';

const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };

/** `count` addresses of one owner: an RRset of 16 octets per record when the owner compresses to a pointer. */
function addresses(owner: string, count: number) {
  return Array.from({ length: count }, (_, index) => addressRecord(owner, 192, 0, 2, index));
}

function sectionSizes({ answers, authorities, additionals }: Message): number[] {
  return [answers.length, authorities.length, additionals.length];
}

test('a query as dig sends it is read, and written the same', () => {
  const query = octets(
    "beef 0120 0001 0000 0000 0001 07 'example' 03 'com' 00 001c 0001 00 0029 04d0 0000 8000 000c 000a 0008 0102030405060708",
  );
  const message = decodeMessage(query);
  assert.equal(message.id, 0xbeef);
  assert.deepEqual(message.flags, {
    qr: false,
    aa: false,
    tc: false,
    rd: true,
    ra: false,
    ad: true,
    cd: false,
  });
  assert.deepEqual(message.questions.map(formatQuestion), ['example.com. IN AAAA']);
  assert.deepEqual(message.edns, {
    udpPayloadSize: 1232,
    version: 0,
    dnssecOk: true,
    options: [{ code: 10, data: octets('0102030405060708') }],
  });
  assert.deepEqual(message.additionals, []);
  assert.equal(hex(encodeMessage(message)), hex(query));
});

test('a record is shown as dig shows it', () => {
  const [first] = addresses('www.example.com', 1);
  assert.equal(first && formatRecord(first), 'www.example.com. 300 IN A 192.0.2.0');
});

test('the header can be read when nothing else can', () => {
  const broken = octets('1234 2900 0001 0000 0000 0000 7f');
  assert.throws(() => decodeMessage(broken), { code: 'label-type' });
  const header = decodeHeader(broken);
  assert.equal(header?.id, 0x1234);
  assert.equal(header?.opcode, 5);
  assert.equal(header?.flags.rd, true);
  assert.equal(decodeHeader(broken.subarray(0, 11)), undefined);
});

test('counts in the header promise nothing', () => {
  assert.throws(() => decodeMessage(wire([65_535, 65_535, 65_535, 65_535], octets(''))), {
    code: 'truncated',
  });
});

test('octets after the last record are a fault', () => {
  assert.throws(() => decodeMessage(wire([0, 0, 0, 0], octets('00'))), {
    code: 'trailing-octets',
    offset: 12,
  });
});

test('a message in the middle of a larger buffer is read as if it stood alone', () => {
  const query = encodeMessage(response({ answers: addresses('www.example.com', 2) }));
  const buffer = joined(new Uint8Array(7), query, new Uint8Array(5));
  assert.deepEqual(decodeMessage(buffer.subarray(7, 7 + query.length)), decodeMessage(query.slice()));
});

test('additionals that do not fit go without a word', () => {
  const message = response({
    edns,
    answers: addresses('www.example.com', 3),
    additionals: addresses('ns.example.com', 60),
  });
  const read = decodeMessage(encodeMessage(message, { maxSize: 512 }));
  assert.deepEqual(sectionSizes(read), [3, 0, 0]);
  assert.equal(read.flags.tc, false);
  assert.deepEqual(read.edns, edns);
});

test('additionals are left out by RRset, the first that does not fit and all after it', () => {
  const additionals = [...addresses('a.test', 2), ...addresses('b.test', 60), ...addresses('c.test', 1)];
  const read = decodeMessage(encodeMessage(response({ additionals }), { maxSize: 512 }));
  assert.deepEqual(sectionSizes(read), [0, 0, 2]);
});

test('an answer that does not fit sets TC, takes its whole RRset along and all that follows', () => {
  const alias = record('www.example.com', 'CNAME', { kind: 'CNAME', target: name('cdn.test') });
  const message = response({
    edns,
    answers: [alias, ...addresses('cdn.test', 60)],
    authorities: addresses('b.test', 1),
    additionals: addresses('c.test', 1),
  });
  const read = decodeMessage(encodeMessage(message, { maxSize: 512 }));
  assert.deepEqual(sectionSizes(read), [1, 0, 0]);
  assert.equal(read.flags.tc, true);
  assert.deepEqual(read.edns, edns);
});

test('an authority that does not fit sets TC', () => {
  const message = response({
    answers: addresses('www.example.com', 1),
    authorities: addresses('b.test', 60),
  });
  const read = decodeMessage(encodeMessage(message, { maxSize: 512 }));
  assert.deepEqual(sectionSizes(read), [1, 0, 0]);
  assert.equal(read.flags.tc, true);
});

test('a message that fits exactly is whole; one octet less and it is not', () => {
  const message = response({ edns, answers: addresses('www.example.com', 20) });
  const { length } = encodeMessage(message);
  assert.equal(decodeMessage(encodeMessage(message, { maxSize: length })).answers.length, 20);
  const cut = decodeMessage(encodeMessage(message, { maxSize: length - 1 }));
  assert.equal(cut.answers.length, 0);
  assert.equal(cut.flags.tc, true);
});

test('an answer over 65535 octets is truncated, not an error', () => {
  const strings = Array.from({ length: 100 }, () => new Uint8Array(255));
  const answers = Array.from({ length: 4 }, () => record('www.example.com', 'TXT', { kind: 'TXT', strings }));
  const read = decodeMessage(encodeMessage(response({ answers })));
  assert.equal(read.flags.tc, true);
  assert.equal(read.answers.length, 0);
});

test('EDNS options that do not fit are left out from the last on, the OPT record never', () => {
  const id = nsidOption(new Uint8Array(30));
  const error = extendedErrorOption({ infoCode: 23, text: 'x'.repeat(600) });
  const message = response({
    edns: { ...edns, options: [id, error] },
    answers: addresses('www.example.com', 1),
  });
  const read = decodeMessage(encodeMessage(message, { maxSize: 512 }));
  assert.deepEqual(read.edns?.options, [id]);
  assert.equal(read.answers.length, 1);
});

test('padding fills up to the block, and up to the largest size when that comes first', () => {
  const message = response({ edns, answers: addresses('www.example.com', 3) });
  for (const count of [1, 5, 26, 27, 28, 29, 60]) {
    const answers = addresses('www.example.com', count);
    const padded = encodeMessage({ ...message, answers }, { padTo: paddingBlocks.response });
    assert.equal(padded.length % paddingBlocks.response, 0, `${count} answers`);
    assert.equal(decodeMessage(padded).answers.length, count);
  }
  const capped = encodeMessage(message, { padTo: 468, maxSize: 200 });
  assert.equal(capped.length, 200);
});

test('padding gives way when there is no room for it or no EDNS', () => {
  const message = response({ edns, answers: addresses('www.example.com', 3) });
  const { length } = encodeMessage(message);
  assert.equal(encodeMessage(message, { padTo: 468, maxSize: length + 3 }).length, length);
  const plain = response({ answers: addresses('www.example.com', 3) });
  assert.equal(encodeMessage(plain, { padTo: 468 }).length, encodeMessage(plain).length);
});

test('an rcode of more than four bits travels in the OPT record', () => {
  const read = decodeMessage(encodeMessage(response({ edns, rcode: rcodes.BADCOOKIE })));
  assert.equal(read.rcode, rcodes.BADCOOKIE);
  assert.throws(() => encodeMessage(response({ rcode: rcodes.BADCOOKIE })), RangeError);
});

test('questions that alone exceed the size are refused', () => {
  const questions = Array.from({ length: 60 }, (_, index) => question(`q${index}.test`));
  assert.throws(() => encodeMessage(response({ questions }), { maxSize: 512 }), RangeError);
});
