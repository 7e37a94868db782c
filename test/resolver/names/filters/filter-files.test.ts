import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Fault } from '../../../../src/system/fault.ts';
import { eventually } from '../../../support/eventually.ts';
import { openNamesUnderTest, shapeOf } from '../names-under-test.ts';
import { filterFolder, policyZone } from './filter-folder.ts';

describe('the files of block lists and policy zones', () => {
  const list = (path: string, action = 'nxdomain') => `blockLists: [{ file: ${path}, action: ${action} }]`;

  it('are read anew when they change', async () => {
    await using folder = await filterFolder({ list: ['bad.example'] });
    await using names = await openNamesUnderTest({ names: list(folder.path('list'), 'refused') });
    assert.equal(shapeOf(await names.ask('www.bad.example.')), 'REFUSED 0 0');
    await folder.write('list', ['worse.example', 'worst.example']);
    await eventually(async () => {
      await names.clock.advance(2000);
      assert.equal(names.counters.files.loaded, 2);
    });
    assert.equal(shapeOf(await names.ask('www.bad.example.')), 'NXDOMAIN 0 0');
    assert.equal(shapeOf(await names.ask('worst.example.')), 'REFUSED 0 0');
  });

  it('keep what was there before when they cannot be used, or are gone; once complained of, and read when well again', async () => {
    await using folder = await filterFolder({ 'rpz.example': policyZone('bad.test CNAME *.') });
    await using names = await openNamesUnderTest({ names: folder.rpz('rpz.example') });
    const waitFor = async (failed: number): Promise<void> =>
      await eventually(async () => {
        await names.clock.advance(2000);
        assert.equal(names.counters.files.failed, failed);
      });
    await folder.write('rpz.example', policyZone('worse.test CNAME *.', 'half.test CNAME ('));
    await waitFor(1);
    assert.equal(names.names.filters.failing, 1);
    assert.equal(shapeOf(await names.ask('bad.test.')), 'NOERROR 0 0');
    await folder.remove('rpz.example');
    await waitFor(2);
    for (let look = 0; look < 5; look += 1) await names.clock.advance(2000);
    assert.equal(names.counters.files.failed, 2);
    assert.equal(shapeOf(await names.ask('bad.test.')), 'NOERROR 0 0');
    const [complaint] = await names.names.reload();
    assert.match(complaint ?? '', /rpz\.example.*(no such file|ENOENT)/i);
    await folder.write('rpz.example', policyZone('worse.test CNAME *.'));
    assert.deepEqual(await names.names.reload(), []);
    assert.equal(names.names.filters.failing, 0);
    assert.equal(shapeOf(await names.ask('worse.test.')), 'NOERROR 0 0');
    assert.equal(shapeOf(await names.ask('bad.test.')), 'NXDOMAIN 0 1');
  });

  it('are not read while they are written, nor when nothing has come', async () => {
    await using folder = await filterFolder({ list: ['bad.example'] });
    await using names = await openNamesUnderTest({ names: list(folder.path('list')) });
    // Each look finds more in it than the one before.
    for (let length = 1; length <= 6; length += 1) {
      await folder.write(
        'list',
        Array.from({ length }, (_, index) => `worse${index}.example`),
      );
      await names.clock.advance(2000);
      assert.equal(names.counters.files.loaded, 1);
    }
    await eventually(async () => {
      await names.clock.advance(2000);
      assert.equal(names.counters.files.loaded, 2);
    });
    assert.equal(names.names.filters.zones[0]?.size, 6);
    await writeFile(folder.path('list'), '');
    const [complaint] = await names.names.reload();
    assert.match(complaint ?? '', /empty/);
    assert.equal(shapeOf(await names.ask('worse5.example.')), 'NXDOMAIN 0 0');
    await folder.write('list', ['# nothing today']);
    assert.deepEqual(await names.names.reload(), []);
    assert.equal(names.names.filters.zones[0]?.size, 0);
  });

  it('are given up in the middle when the resolver ends', async () => {
    await using folder = await filterFolder({ list: ['bad.example'] });
    const names = await openNamesUnderTest({ names: list(folder.path('list')) });
    await folder.write(
      'list',
      Array.from({ length: 200_000 }, (_, index) => `host${index}.example`),
    );
    const reading = names.names.reload();
    // Long enough to begin, and much too short to end.
    await setTimeout(10);
    await names.names[Symbol.asyncDispose]();
    assert.deepEqual(await reading, []);
    assert.deepEqual(names.counters.files, { loaded: 1, failed: 0 });
  });

  for (const [what, lines, complaint] of [
    ['no SOA record', ['bad.test CNAME .'], /no SOA record|no TTL/],
    ['an unknown action', policyZone('bad.test CNAME rpz-nonsense.'), /line 6: rpz-nonsense\. is no action/],
    ['host bits set', policyZone('24.1.2.0.192.rpz-ip CNAME .'), /line 6: '24\.1\.2\.0\.192' is no length/],
    ['a name outside', policyZone('bad.test. CNAME .'), /line 6: bad\.test\. is outside the zone/],
    ['a record that is none', policyZone('bad.test A 192.0.2.256'), /line 6: .*not an IPv4 address/],
    ['an include', policyZone('$INCLUDE other'), /line 6: \$INCLUDE is not taken/],
    ['an end too early', [...policyZone(), 'a TXT ('], /ends inside parentheses/],
    ['an alias and more', policyZone('a CNAME b.example.', 'a TXT "x"'), /others too/],
  ] as const) {
    it(`do not let the resolver start with ${what}`, async () => {
      await using folder = await filterFolder({ 'rpz.example': lines });
      await assert.rejects(openNamesUnderTest({ names: folder.rpz('rpz.example') }), (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.equal(error.code, 'config-invalid');
        assert.match(error.message, complaint);
        return true;
      });
    });
  }

  it('must be there at start, and be files', async () => {
    await using folder = await filterFolder({});
    await assert.rejects(openNamesUnderTest({ names: list(folder.path('none')) }), { code: 'environment' });
    await assert.rejects(openNamesUnderTest({ names: list('/dev/zero') }), { code: 'config-invalid' });
  });
});
