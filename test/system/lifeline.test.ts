import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { holdLifeline, watchLifeline } from '../../src/system/lifeline.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const program = fileURLToPath(new URL('../support/lifeline-process.ts', import.meta.url));

function watch(path: string) {
  const watched = watchLifeline(path);
  const seen = { hasEnded: false };
  watched.ended.then(() => {
    seen.hasEnded = true;
  });
  return { seen, [Symbol.dispose]: () => watched[Symbol.dispose]() };
}

/** Some turns of the event loop, in which an end would be read. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(resolve => setTimeout(resolve, 5));
};

describe('a lifeline', () => {
  it('ends when its process is killed, and not before', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/life`;
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      assert.equal(String((await once(child.stdout, 'data'))[0]), 'held\n');
      using watched = watch(path);
      await turns();
      assert.equal(watched.seen.hasEnded, false);
      child.kill('SIGKILL');
      await eventually(() => assert.equal(watched.seen.hasEnded, true));
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is not watched when the process that held it is gone', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/life`;
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(existsSync(path));
    using watched = watch(path);
    await turns();
    assert.equal(watched.seen.hasEnded, false);
  });

  it('ends, and leaves no file, when it is let go', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/life`;
    const held = await holdLifeline(path);
    assert.equal(held.lacking, undefined);
    held.show();
    using watched = watch(path);
    held[Symbol.dispose]();
    await eventually(() => assert.equal(watched.seen.hasEnded, true));
    assert.equal(existsSync(path), false);
  });

  it('leaves the one that is shown alone until it is shown itself', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/life`;
    using first = await holdLifeline(path);
    first.show();
    using watched = watch(path);
    const refused = await holdLifeline(path);
    refused[Symbol.dispose]();
    using again = watch(path);
    assert.deepEqual([watched.seen.hasEnded, again.seen.hasEnded, existsSync(path)], [false, false, true]);
  });

  it('says why there is none where the folder is missing', async () => {
    using held = await holdLifeline('/nowhere/life');
    assert.match(held.lacking ?? '', /cannot make the FIFO \/nowhere\/life/);
    held.show();
    assert.equal(held.isShown, false);
  });
});
