import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  makeFolder,
  readFileIfAny,
  readFileIfAnyAtOnce,
  writeFileAtOnce,
  writeFileAtomically,
} from '../../src/system/files.ts';

describe('writeFileAtomically', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'files-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('replaces the content and sets the mode', async () => {
    const path = join(folder, 'announced.conf');
    await writeFileAtomically(path, 'one');
    await writeFileAtomically(path, 'two', 0o640);
    assert.equal(await readFile(path, 'utf8'), 'two');
    assert.equal((await stat(path)).mode & 0o777, 0o640);
  });

  it('leaves the old content and no temporary file when it cannot finish', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'inside'), { recursive: true });
    await assert.rejects(writeFileAtomically(path, 'text'));
    assert.deepEqual(
      (await readdir(folder)).filter(name => name.endsWith('.tmp')),
      [],
    );
  });

  it('has a reader that tells absence from failure', async () => {
    assert.equal(await readFileIfAny(join(folder, 'nothing')), undefined);
    await assert.rejects(readFileIfAny(folder));
  });

  it('does the same before it returns', async () => {
    const path = join(folder, 'at-once.conf');
    writeFileAtOnce(path, 'one');
    writeFileAtOnce(path, 'two', 0o640);
    assert.equal(readFileIfAnyAtOnce(path), 'two');
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.equal(readFileIfAnyAtOnce(join(folder, 'nothing')), undefined);
    assert.throws(() => readFileIfAnyAtOnce(folder), { code: 'EISDIR' });
    const taken = join(folder, 'taken-too');
    await mkdir(join(taken, 'inside'), { recursive: true });
    assert.throws(() => writeFileAtOnce(taken, 'text'));
    assert.equal(readFileIfAnyAtOnce(path), 'two');
    assert.deepEqual(
      (await readdir(folder)).filter(name => name.endsWith('.tmp')),
      [],
    );
  });
});

describe('makeFolder', () => {
  it('makes the folders above too, and is content with one that is there', async () => {
    const top = await mkdtemp(join(tmpdir(), 'folder-'));
    try {
      await makeFolder(join(top, 'a', 'b'));
      await makeFolder(join(top, 'a', 'b'));
      assert.deepEqual(await readdir(join(top, 'a')), ['b']);
    } finally {
      await rm(top, { recursive: true });
    }
  });

  it('says what cannot be made, and gives up where nothing can be', async () => {
    const rejected = { code: 'environment', message: /cannot make the folder \/proc\/nowhere\/run/ };
    await assert.rejects(makeFolder('/proc/nowhere/run'), rejected);
  });
});
