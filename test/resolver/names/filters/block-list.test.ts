import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isSubdomain, type Name } from '../../../../src/dns/name.ts';
import { TextFault } from '../../../../src/dns/text/text-fault.ts';
import { readBlockList } from '../../../../src/resolver/names/filters/block-list.ts';
import { linesIn } from '../../../../src/resolver/names/filters/line-source.ts';
import { NameTableBuilder } from '../../../../src/resolver/names/filters/name-table.ts';
import { name } from '../../messages.ts';
import { errorsOf, openNamesUnderTest, shapeOf } from '../names-under-test.ts';
import { filterFolder } from './filter-folder.ts';

const read = (text: string) =>
  readBlockList(linesIn(text), { action: 'nxdomain', reason: 'blocked', seed: 7 });

describe('a block list', () => {
  it('reads hosts files and lists of names, comments and blanks aside', async () => {
    const list = await read(
      '# made for a test\n0.0.0.0 one.example two.example # both\n::1 localhost ip6-loopback\n127.0.0.1 localhost.localdomain\n0.0.0.0 0.0.0.0\n\n  three.example  \n*.four.example\nzip\n',
    );
    for (const text of ['one.example.', 'a.two.example.', 'THREE.example.', 'four.example.', 'a.zip.'])
      assert.equal(list.name(name(text))?.kind, 'nxdomain', text);
    for (const text of [
      'example.',
      'localhost.',
      'ip6-loopback.',
      'xone.example.',
      'one\\.example.',
      '0.0.0.0.',
    ])
      assert.equal(list.name(name(text)), undefined, text);
    assert.equal(list.size, 5);
  });

  it('passes over lines that are no names, and says how many; a file of those is no list', async () => {
    assert.deepEqual((await read('a.example\nb.example\n<html>..\n')).complaints, ['1 lines are no names']);
    await assert.rejects(read('a..b\n..\nok.example\n'), TextFault);
  });

  it('does what its action says, with its reason; the first list that holds the name decides', async () => {
    await using folder = await filterFolder({
      allow: ['ok.bad.example'],
      deny: ['bad.example'],
      all: ['example'],
    });
    const entry = (file: string, action: string, reason: string) =>
      `{ file: ${folder.path(file)}, action: ${action}, reason: ${reason} }`;
    await using names = await openNamesUnderTest({
      names: `blockLists: [${entry('allow', 'pass', 'blocked')}, ${entry('deny', 'nodata', 'censored')}, ${entry('all', 'drop', 'filtered')}]`,
    });
    const denied = await names.ask('www.bad.example.');
    assert.equal(shapeOf(denied), 'NOERROR 0 0');
    assert.deepEqual(errorsOf(denied), [16]);
    assert.equal((await names.ask('other.example.')).isSilence, true);
    assert.deepEqual(names.passed, []);
    await names.ask('a.ok.bad.example.');
    assert.equal(names.passed.length, 1);
  });

  const label = fc.uint8Array({ minLength: 1, maxLength: 3 }).map(octets => [octets.length, ...octets]);
  const anyName = fc
    .array(label, { minLength: 1, maxLength: 5 })
    .map(labels => Uint8Array.from([...labels.flat(), 0]));
  /** Few labels, so that names meet; among them what an unwary reader takes for a dot or an end. */
  const meetingName = fc
    .array(fc.constantFrom('a', 'A', 'b', 'a.b', 'a\0', '\0', '\x01a'), { minLength: 1, maxLength: 5 })
    .map(labels =>
      Uint8Array.from([...labels.flatMap(text => [text.length, ...Buffer.from(text, 'latin1')]), 0]),
    );
  const names = fc.oneof(anyName, meetingName);

  it('always holds what is below one of its names, and never anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(names, { maxLength: 20 }), fc.array(names), async (listed, asked) => {
        const builder = new NameTableBuilder();
        for (const each of listed) builder.add(each, 1);
        const table = await builder.finish(12_345);
        const below = listed.map(each => Uint8Array.of(1, 0x78, ...each));
        for (const each of [...listed, ...below, ...asked]) {
          const isHeld = listed.some((suffix: Name) => isSubdomain(each, suffix));
          assert.equal(table.findAncestor(each, false) !== undefined, isHeld);
        }
      }),
    );
  });

  it('takes some tens of octets a name, and gives others their turn while it loads', async () => {
    const count = 100_000;
    const builder = new NameTableBuilder();
    for (let index = 0; index < count; index += 1) builder.add(name(`host${index}.ads.example.`), index);
    let turns = 0;
    const counting = setImmediate(function count(): void {
      turns += 1;
      if (turns < 100) setImmediate(count);
    });
    const table = await builder.finish(99);
    clearImmediate(counting);
    assert.ok(turns >= 5, `${turns} turns`);
    assert.equal(table.size, count);
    assert.ok(table.bytes / count < 48, `${table.bytes / count} octets a name`);
    assert.equal(table.find(name('HOST4711.ads.example.')), 4711);
    // Every one, those at the ends of pages too.
    for (let index = 0; index < count; index += 1)
      assert.equal(table.find(name(`host${index}.ads.example.`)), index);
    assert.equal(table.find(name('host100000.ads.example.')), undefined);
  });
});
