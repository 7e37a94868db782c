import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writeFiles } from '../../src/rendering/write-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const files = [
  { path: 'a/one', text: 'one\n', mode: 0o644 },
  { path: 'a/b/two', text: 'two\n', mode: 0o600 },
];

describe('writing rendered files', () => {
  it('makes the folders, and a secret is its owner’s alone', async () => {
    await using folder = await temporaryFolder();
    const result = await writeFiles(folder.path, files, { force: false });
    assert.deepEqual(result, { written: ['a/one', 'a/b/two'], unchanged: [] });
    assert.equal((await stat(join(folder.path, 'a/b/two'))).mode & 0o777, 0o600);
  });

  it('writes nothing at all when one file is there and differs', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'mine'), 'my own');
    const mixed = [
      { path: 'new', text: 'new', mode: 0o644 },
      { path: 'mine', text: 'theirs', mode: 0o644 },
    ];
    await assert.rejects(writeFiles(folder.path, mixed, { force: false }), {
      code: 'busy',
      message: /mine/,
      hint: /--force/,
    });
    assert.deepEqual((await readdir(folder.path)).sort(), ['mine']);
    await writeFiles(folder.path, mixed, { force: true });
    assert.equal(await readFile(join(folder.path, 'mine'), 'utf8'), 'theirs');
  });

  it('leaves files alone that are there word for word', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, files, { force: false });
    const before = await stat(join(folder.path, 'a/one'), { bigint: true });
    const result = await writeFiles(folder.path, files, { force: false });
    assert.deepEqual(result, { written: [], unchanged: ['a/one', 'a/b/two'] });
    const after = await stat(join(folder.path, 'a/one'), { bigint: true });
    assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
  });

  it('narrows the mode of a file that is there and was open to all, when it becomes a secret', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, [{ path: 'x', text: 'old', mode: 0o644 }], { force: false });
    await writeFiles(folder.path, [{ path: 'x', text: 'secret', mode: 0o600 }], { force: true });
    assert.equal((await stat(join(folder.path, 'x'))).mode & 0o777, 0o600);
  });
});
