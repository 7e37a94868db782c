import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run, runOrThrow } from '../../src/system/run.ts';

describe('run', () => {
  it('gives exit code and both streams, and throws nothing for a failure', async () => {
    const result = await run([
      process.execPath,
      '-e',
      'console.log("out"); console.error("err"); process.exit(3)',
    ]);
    assert.deepEqual(result, { exitCode: 3, stdout: 'out', stderr: 'err' });
  });

  it('passes arguments as they are, never through a shell', async () => {
    assert.equal(await runOrThrow(['printf', '%s|', '$HOME', '; ls', '*']), '$HOME|; ls|*|');
  });

  it('feeds standard input, and closes it when there is none', async () => {
    assert.equal(await runOrThrow(['cat'], { input: 'hello' }), 'hello');
    assert.equal(await runOrThrow(['cat']), '');
  });

  it('names the missing program and the remedy', async () => {
    await assert.rejects(run(['no-such-program-anywhere']), { code: 'environment', hint: /setup/ });
  });

  it('ends a program that takes too long', async () => {
    await assert.rejects(run(['sleep', '60'], { timeoutMs: 50 }), { code: 'timeout' });
  });

  it('ends a program whose signal aborts, with the reason', async () => {
    const stop = new AbortController();
    const running = run(['sleep', '60'], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(running, /enough/);
  });

  it('leaves it to the caller what a signal does: one that is told to end while a program runs ends in good order', async () => {
    const script = `
      import { run } from '${new URL('../../src/system/run.ts', import.meta.url)}';
      const stop = new AbortController();
      process.once('SIGTERM', () => stop.abort(new Error('told to end')));
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 200);
      await run(['sleep', '60'], { signal: stop.signal }).catch(error => console.log(error.message));
      console.log((await run(['echo', 'in order'])).stdout);`;
    const { exitCode, stdout } = await run([process.execPath, '--input-type=module', '-e', script]);
    assert.deepEqual([exitCode, stdout], [0, 'told to end\nin order']);
  });

  it('quotes the last line that a failing program said', async () => {
    const failing = runOrThrow([process.execPath, '-e', 'console.error("first\\nlast"); process.exit(1)']);
    await assert.rejects(failing, { code: 'refused', message: /exited 1: last$/ });
  });
});
