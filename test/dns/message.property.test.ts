import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { nameKey } from '../../src/dns/name.ts';
import { formatRecord } from '../../src/dns/record-text.ts';
import { WireFault } from '../../src/dns/wire-fault.ts';
import { anyMessage } from './arbitrary-message.ts';
import { hex, wire } from './octets.ts';

const nameFields = [
  'name',
  'target',
  'exchange',
  'mailbox',
  'other',
  'mname',
  'rname',
  'signer',
  'next',
  'replacement',
];

/** What a message says: names without their letter case, which compression does not keep; fields in one order. */
function meaning(message: Message): string {
  return JSON.stringify(message, (key, value: unknown) => {
    if (value instanceof Uint8Array) return nameFields.includes(key) ? nameKey(value) : hex(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Gives the message or the WireFault; any other error fails the test. */
function decodeAny(octets: Uint8Array): Message | WireFault {
  try {
    return decodeMessage(octets);
  } catch (error) {
    if (error instanceof WireFault) return error;
    throw error;
  }
}

test('a message written and read again says the same', () => {
  fc.assert(
    fc.property(anyMessage, message => {
      assert.equal(meaning(decodeMessage(encodeMessage(message))), meaning(message));
    }),
    { numRuns: 500 },
  );
});

test('within any size, a message is cut to whole records, keeps OPT, and says TC when answers are missing', () => {
  fc.assert(
    fc.property(anyMessage, fc.integer({ min: 600, max: 1500 }), (message, maxSize) => {
      const written = encodeMessage({ ...message, questions: message.questions.slice(0, 1) }, { maxSize });
      assert.ok(written.length <= maxSize);
      const read = decodeMessage(written);
      assert.equal(read.edns === undefined, message.edns === undefined);
      const isCut =
        read.answers.length < message.answers.length || read.authorities.length < message.authorities.length;
      assert.equal(read.flags.tc, message.flags.tc || isCut);
      if (isCut) assert.equal(read.additionals.length, 0);
    }),
    { numRuns: 200 },
  );
});

test('any octets are a message or a WireFault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), octets => {
      decodeAny(octets);
    }),
    { numRuns: 2000 },
  );
});

test('a few records made of pointers and short labels are a message or a WireFault', () => {
  const counts = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(3), fc.nat(3));
  const anyOctet = fc.oneof(
    fc.constantFrom(0, 0, 1, 2, 3, 12, 14, 41, 46, 64, 0xc0, 0xc0, 0xc0),
    fc.nat(255),
  );
  fc.assert(
    fc.property(counts, fc.array(anyOctet, { maxLength: 400 }), (sections, body) => {
      decodeAny(wire(sections, Uint8Array.from(body)));
    }),
    { numRuns: 3000 },
  );
});

test('a damaged message is a WireFault, or a message that can be shown, written and read again', () => {
  const damage = fc.array(fc.record({ at: fc.nat(4000), octet: fc.nat(255) }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(anyMessage, damage, fc.nat(3), (message, changes, cut) => {
      const written = encodeMessage(message).slice();
      for (const { at, octet } of changes) written[at % written.length] = octet;
      const read = decodeAny(written.subarray(0, written.length - cut));
      if (read instanceof WireFault) return;
      for (const record of [...read.answers, ...read.authorities, ...read.additionals]) formatRecord(record);
      assert.equal(meaning(decodeMessage(encodeMessage(read))), meaning(read));
    }),
    { numRuns: 1500 },
  );
});
