import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { run } from '../../src/system/run.ts';
import { sources } from './sources.ts';

/** Importing a file opens nothing: no handle, no timer, no output. main.ts is the program itself. */
const program = `
for (const url of process.argv.slice(1)) await import(url);
const open = process.getActiveResourcesInfo().filter(kind => !/^(Pipe|TTY|FS|Close)/.test(kind));
if (open.length > 0) { console.log('left open:', open.join(' ')); process.exit(1); }
`;

describe('importing', () => {
  it('any file of src prints nothing and leaves nothing running', async () => {
    const urls = sources.filter(({ area }) => area !== 'main.ts').map(({ path }) => pathToFileURL(path).href);
    const result = await run([process.execPath, '--input-type=module', '-e', program, ...urls], {
      timeoutMs: 60_000,
    });
    assert.deepEqual(result, { exitCode: 0, stdout: '', stderr: '' });
  });
});
