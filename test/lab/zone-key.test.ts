import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { zoneKey } from '../../src/lab/zone-key.ts';
import { runOrThrow } from '../../src/system/run.ts';

const scratch = await mkdtemp(join(tmpdir(), 'zone-key-'));
after(() => rm(scratch, { recursive: true }));

describe('a zone key', () => {
  it('has the DS that ldns computes from its DNSKEY, and signs what ldns verifies', async () => {
    const key = zoneKey('example.test.', 'seed', scratch);
    for (const { path, text } of key.files) await writeFile(path, text);
    const ds = await runOrThrow(['ldns-key2ds', '-n', '-2', `${key.base}.key`]);
    assert.equal(ds.trim().split('\t').slice(4).join(' '), key.ds);

    const zone = join(scratch, 'zone');
    await writeFile(zone, '@ 300 SOA ns.test. h.test. 1 1 1 1 1\n@ 300 NS ns.test.\n@ 300 A 198.51.100.1\n');
    await runOrThrow(['ldns-signzone', '-o', 'example.test.', '-f', `${zone}.signed`, zone, key.base]);
    await runOrThrow(['ldns-verify-zone', `${zone}.signed`]);
    assert.match(await readFile(`${zone}.signed`, 'utf8'), /\bNSEC\b/);
  });

  it('differs by zone and by seed', () => {
    const all = [zoneKey('a.test.', '1', ''), zoneKey('b.test.', '1', ''), zoneKey('a.test.', '2', '')];
    assert.equal(new Set(all.map(({ ds }) => ds)).size, 3);
  });
});
