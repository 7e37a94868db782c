import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRecord } from '../../../src/dns/text/parse-record.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { answersOf, errorsOf, type NamesUnderTest, openNamesUnderTest } from '../names/names-under-test.ts';

const withAnswers = (names: string, ...lines: readonly string[]): Promise<NamesUnderTest> =>
  openNamesUnderTest({
    names,
    behind: () => ({ ...emptyReply(0), answers: lines.map(line => parseRecord(line)) }),
  });

describe('rebinding protection', () => {
  it('is off by default', async () => {
    await using names = await withAnswers('', 'www.example. 60 A 192.168.1.1');
    assert.equal((await names.ask('www.example.')).answers.length, 1);
  });

  it('takes private addresses out, says so, and leaves the rest', async () => {
    await using names = await withAnswers(
      'rebinding: {}',
      'www.example. 60 CNAME host.example.',
      'host.example. 60 A 192.168.1.1',
      'host.example. 60 A 192.0.2.1',
    );
    const reply = await names.ask('www.example.');
    assert.deepEqual(answersOf(reply), [
      'www.example. 60 IN CNAME host.example.',
      'host.example. 60 IN A 192.0.2.1',
    ]);
    assert.deepEqual(errorsOf(reply), [15]);
    assert.equal(names.counters.rebinding, 1);
  });

  for (const record of [
    'A 0.0.0.0',
    'A 10.1.2.3',
    'A 100.64.0.1',
    'A 127.0.0.1',
    'A 169.254.169.254',
    'A 172.31.0.1',
    'AAAA ::',
    'AAAA ::1',
    'AAAA fd00::1',
    'AAAA fe80::1',
    'AAAA ::ffff:10.0.0.1',
    'AAAA ::10.0.0.1',
    'AAAA 64:ff9b::10.0.0.1',
    // 1 . ipv4hint=10.0.0.1; the same with ipv6hint=fd00::1
    'HTTPS \\# 11 0001 00 0004 0004 0a000001',
    'HTTPS \\# 23 0001 00 0006 0010 fd000000000000000000000000000001',
  ]) {
    it(`knows ${record} for one`, async () => {
      await using names = await withAnswers('rebinding: {}', `www.example. 60 ${record}`);
      assert.deepEqual((await names.ask('www.example.')).answers, []);
    });
  }

  for (const record of [
    'A 172.32.0.1',
    'A 192.0.2.1',
    'AAAA 2001:db8::1',
    'HTTPS \\# 11 0001 00 0004 0004 c0000201',
  ]) {
    it(`leaves ${record}`, async () => {
      await using names = await withAnswers('rebinding: {}', `www.example. 60 ${record}`);
      const reply = await names.ask('www.example.');
      assert.equal(reply.answers.length, 1);
      assert.deepEqual(reply.options, []);
    });
  }

  it('goes by the owner of the record where zones are excepted: an alias from outside into one may pass', async () => {
    const keys = 'rebinding: { except: [corp.example.] }';
    await using inside = await withAnswers(keys, 'www.corp.example. 60 A 10.0.0.1');
    assert.equal((await inside.ask('www.corp.example.')).answers.length, 1);
    await using outside = await withAnswers(
      keys,
      'wwwcorp.example. 60 A 10.0.0.1',
      'www\\.corp.example. 60 A 10.0.0.1',
    );
    assert.equal((await outside.ask('wwwcorp.example.')).answers.length, 0);
  });

  it('leaves own records and localhost alone', async () => {
    await using names = await openNamesUnderTest({
      names: 'rebinding: {}, records: [www.corp.example. 60 A 10.0.0.1]',
    });
    assert.equal((await names.ask('www.corp.example.')).answers.length, 1);
    assert.equal((await names.ask('localhost.')).answers.length, 1);
  });

  it('guards the prefixes it is given instead', async () => {
    await using names = await withAnswers(
      'rebinding: { prefixes: [192.0.2.0/24] }',
      'a.example. 60 A 192.0.2.1',
      'a.example. 60 A 10.0.0.1',
    );
    assert.deepEqual(answersOf(await names.ask('a.example.')), ['a.example. 60 IN A 10.0.0.1']);
  });
});
