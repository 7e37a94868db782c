import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { intentFile } from '../../src/agent/intent.ts';
import { Fault } from '../../src/system/fault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the intent file', () => {
  it('means serve when it is not there, and is not there when serving', async () => {
    await using folder = await temporaryFolder();
    const store = intentFile(`${folder.path}/intent.json`);
    assert.deepEqual(await store.read(), { kind: 'serve' });
    await store.write({ kind: 'drain', since: '2026-01-02T03:04:05.000Z' });
    await store.write({ kind: 'serve' });
    await store.write({ kind: 'serve' });
    assert.deepEqual(await readdir(folder.path), []);
  });

  it('gives back what was written', async () => {
    await using folder = await temporaryFolder();
    const intent = { kind: 'drain', since: '2026-01-02T03:04:05.000Z' } as const;
    await intentFile(`${folder.path}/intent.json`).write(intent);
    assert.deepEqual(await intentFile(`${folder.path}/intent.json`).read(), intent);
  });

  it('is refused when it says something else: a damaged file must not put a drained PoP back', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/intent.json`;
    for (const text of ['', 'null', '{"kind":"serv', '{"kind":"sleep"}', '[]']) {
      await writeFile(path, text);
      await assert.rejects(
        intentFile(path).read(),
        error => error instanceof Fault && error.code === 'config-invalid' && error.hint !== undefined,
      );
    }
  });
});
