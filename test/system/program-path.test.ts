import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { programPath } from '../../src/system/program-path.ts';

describe('programPath', () => {
  it('finds a program in the first folder that has it, and one named by its file anywhere', async () => {
    assert.match((await programPath('sh', '/nonexistent:/bin:/usr/bin')) ?? '', /\/bin\/sh$/);
    assert.equal(await programPath(process.execPath, '/nonexistent'), process.execPath);
  });

  it('gives nothing for one that is not there, or that may not be run', async () => {
    assert.equal(await programPath('sh', '/nonexistent'), undefined);
    assert.equal(await programPath('./README.md'), undefined);
  });
});
