import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { equalNames, formatName } from '../../../src/dns/name.ts';
import { name, octets, question, response } from '../../dns/octets.ts';

test('names are equal whatever the case of their ASCII letters', () => {
  assert.ok(equalNames(name('foo.EXAMPLE.net'), name('Foo.example.NET')));
  assert.ok(equalNames(name('69.2.0.192.in-addr.arpa'), name('69.2.0.192.IN-ADDR.ARPA')));
});

test('octets outside A to Z have no case, though they lie 32 apart', () => {
  assert.ok(!equalNames(octets("01 '[' 00"), octets("01 '{' 00")));
  assert.ok(!equalNames(octets('01 c4 00'), octets('01 e4 00')));
  assert.ok(!equalNames(octets("01 '@' 00"), octets("01 '`' 00")));
});

test('the case a question arrived in is the case it is sent back in', () => {
  const query = response({ questions: [question('wWw.ExAmPlE.cOm')] });
  const [asked] = decodeMessage(encodeMessage(query)).questions;
  assert.equal(asked && formatName(asked.name), 'wWw.ExAmPlE.cOm.');
});
