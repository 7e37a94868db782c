import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ancestorName,
  compareNames,
  equalNames,
  formatName,
  isSubdomain,
  labelCount,
  lowerOctet,
  nameKey,
  parentName,
  parseName,
  replaceAncestor,
  rootName,
  wildcardName,
} from '../../src/dns/name.ts';
import { anyName } from './arbitrary-message.ts';
import { hex, name, octets } from './octets.ts';

test('a name is its labels with their lengths, case kept, trailing dot or not', () => {
  assert.equal(hex(name('Www.Example.COM')), hex(octets("03 'Www' 07 'Example' 03 'COM' 00")));
  assert.deepEqual(name('Www.Example.COM.'), name('Www.Example.COM'));
  assert.deepEqual(name('.'), rootName);
});

test('escapes stand for the octet they name and never separate labels', () => {
  assert.equal(hex(name('www\\.bad.com')), hex(octets("07 'www.bad' 03 'com' 00")));
  assert.equal(hex(name('a\\000\\255\\\\.b')), hex(octets("04 'a' 00 ff 5c 01 'b' 00")));
  assert.equal(formatName(octets("07 'www.bad' 03 'com' 00")), 'www\\.bad.com.');
  assert.equal(formatName(octets("05 'a' 00 20 7f ff 00")), 'a\\000\\032\\127\\255.');
});

test('text that is no name is refused', () => {
  const long = 'a'.repeat(64);
  const wrong = [
    '',
    '..',
    '.a',
    'a..b',
    'a b',
    'é',
    'a\\',
    'a\\25',
    'a\\256',
    'a\\2x4',
    'a\tb',
    long,
    `b.${long}.c`,
  ];
  for (const text of wrong) assert.equal(parseName(text), undefined, JSON.stringify(text));
});

test('any name survives being written as text', () => {
  fc.assert(fc.property(anyName, original => assert.deepEqual(name(formatName(original)), original)));
});

test('the key of a name is that of any other spelling of it, and of no other name', () => {
  assert.equal(nameKey(name('WWW.Example.com')), nameKey(name('www.eXAMPLE.com')));
  assert.notEqual(nameKey(name('www\\.example.com')), nameKey(name('www.example.com')));
  // '@' and '`' are 0x20 apart, as a letter and its other case are.
  assert.notEqual(nameKey(name('\\@.com')), nameKey(name('`.com')));
  fc.assert(
    fc.property(anyName, anyName, (a, b) => assert.equal(nameKey(a) === nameKey(b), equalNames(a, b))),
  );
});

test('a name lies under each of its ancestors and itself, and only at label boundaries', () => {
  const deep = name('a.B.example.com');
  for (const above of ['a.b.example.com', 'b.EXAMPLE.com', 'example.com', 'com', '.']) {
    assert.ok(isSubdomain(deep, name(above)), above);
  }
  for (const other of ['x.a.b.example.com', 'ample.com', 'b.example.net', 'a']) {
    assert.ok(!isSubdomain(deep, name(other)), other);
  }
  // The octets of 'xample.com' are a tail of this one label, not labels.
  assert.ok(!isSubdomain(octets("0c 03 'bad' 07 'example' 00"), octets("07 'example' 00")));
});

test('parents lead to the root and stop there', () => {
  const seen: string[] = [];
  for (let at = parentName(name('a.b.c')); at; at = parentName(at)) seen.push(formatName(at));
  assert.deepEqual(seen, ['b.c.', 'c.', '.']);
});

test('labels are counted without the root', () => {
  assert.equal(labelCount(rootName), 0);
  assert.equal(labelCount(name('*.example.com')), 3);
});

test('an ancestor is asked for by the number of its labels', () => {
  const deep = name('a.b.example.com');
  assert.equal(formatName(ancestorName(deep, 2)), 'example.com.');
  assert.equal(formatName(ancestorName(deep, 0)), '.');
  assert.equal(formatName(ancestorName(deep, 9)), 'a.b.example.com.');
});

test('replacing an ancestor keeps the labels before it, and fails when the result is too long', () => {
  const renamed = replaceAncestor(name('a.b.example.com'), name('example.com'), name('net'));
  assert.equal(renamed && formatName(renamed), 'a.b.net.');
  const long = name(`${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(50)}`);
  assert.equal(replaceAncestor(name('01234567890.com'), name('com'), long), undefined);
  assert.equal(wildcardName(name('example.com'))?.length, name('*.example.com').length);
});

test('canonical order is a total order that ignores case', () => {
  fc.assert(
    fc.property(anyName, anyName, (a, b) => {
      assert.equal(Math.sign(compareNames(a, b)) + Math.sign(compareNames(b, a)), 0);
      assert.equal(compareNames(a, b) === 0, equalNames(a, b));
      assert.equal(compareNames(a, a.map(lowerOctet)), 0);
    }),
  );
});
