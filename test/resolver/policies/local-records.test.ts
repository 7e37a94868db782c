import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { a } from '../messages.ts';
import { answersOf, openNamesUnderTest, shapeOf } from '../names/names-under-test.ts';

const records = (...lines: readonly string[]) => `records: [${lines.map(line => `'${line}'`).join(', ')}]`;

describe('local records', () => {
  it('answer their type with AA, deny the other types of their names, and leave all other names alone', async () => {
    await using names = await openNamesUnderTest({
      names: records('www.corp.example. 300 A 192.0.2.1', 'www.corp.example. 300 A 192.0.2.2'),
    });
    const reply = await names.ask('WWW.corp.example.');
    assert.deepEqual(answersOf(reply), [
      'WWW.corp.example. 300 IN A 192.0.2.1',
      'WWW.corp.example. 300 IN A 192.0.2.2',
    ]);
    assert.equal(reply.authoritative, true);
    assert.equal(shapeOf(await names.ask('www.corp.example.', 'AAAA')), 'NOERROR 0 0');
    assert.deepEqual(names.passed, []);
    for (const other of ['corp.example.', 'a.www.corp.example.', 'www\\.corp.example.', 'wwwx.corp.example.'])
      await names.ask(other);
    assert.equal(names.passed.length, 4);
    assert.equal(names.counters.localRecords, 2);
  });

  it('follow an alias among themselves, and out through the rest of the pipeline', async () => {
    await using names = await openNamesUnderTest({
      names: records(
        'in.example. 60 CNAME host.example.',
        'host.example. 60 A 192.0.2.1',
        'out.example. 60 CNAME www.example.net.',
      ),
      behind: ({ name }) => ({
        ...emptyReply(0),
        answers: [{ ...a('www.example.net.', '198.51.100.1'), name }],
        isCacheable: true,
      }),
    });
    assert.deepEqual(answersOf(await names.ask('in.example.')), [
      'in.example. 60 IN CNAME host.example.',
      'host.example. 60 IN A 192.0.2.1',
    ]);
    assert.deepEqual(answersOf(await names.ask('in.example.', 'CNAME')), [
      'in.example. 60 IN CNAME host.example.',
    ]);
    const out = await names.ask('out.example.');
    assert.deepEqual(answersOf(out), [
      'out.example. 60 IN CNAME www.example.net.',
      'www.example.net. 300 IN A 198.51.100.1',
    ]);
    assert.equal(out.isCacheable, undefined);
    assert.equal(names.passed.length, 1);
  });

  it('end a loop of aliases with SERVFAIL', async () => {
    await using names = await openNamesUnderTest({
      names: records('a.example. 60 CNAME b.example.', 'b.example. 60 CNAME a.example.'),
    });
    assert.equal(shapeOf(await names.ask('a.example.')), 'SERVFAIL 0 0');
    assert.deepEqual(names.passed, []);
  });

  it('RFC 4592: a wildcard answers what does not exist below its closest encloser', async () => {
    await using names = await openNamesUnderTest({
      names: records(
        '*.w.example. 60 A 192.0.2.9',
        'host.w.example. 60 TXT "x"',
        'a.ent.w.example. 60 A 192.0.2.1',
      ),
    });
    assert.deepEqual(answersOf(await names.ask('any.thing.w.example.')), [
      'any.thing.w.example. 60 IN A 192.0.2.9',
    ]);
    assert.equal(shapeOf(await names.ask('any.w.example.', 'MX')), 'NOERROR 0 0');
    assert.equal(shapeOf(await names.ask('host.w.example.', 'A')), 'NOERROR 0 0');
    assert.deepEqual(names.passed, []);
    // Section 2.2.2: an empty non-terminal exists, and so do wildcards not reach below host.
    await names.ask('ent.w.example.');
    await names.ask('x.host.w.example.');
    await names.ask('w.example.');
    assert.equal(names.passed.length, 3);
  });

  it('hide special-use names', async () => {
    await using names = await openNamesUnderTest({ names: records('printer.home.arpa. A 192.168.1.9') });
    assert.deepEqual(answersOf(await names.ask('printer.home.arpa.')), [
      'printer.home.arpa. 3600 IN A 192.168.1.9',
    ]);
    assert.equal(shapeOf(await names.ask('other.home.arpa.')), 'NXDOMAIN 0 1');
  });
});
