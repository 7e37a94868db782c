import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runOrThrow } from '../../src/system/run.ts';

const log = pathToFileURL('src/telemetry/log.ts').href;

describe('the log', () => {
  it('is one JSON object a line, with the process and the PoP', async () => {
    const program = `import { createLog } from '${log}'; createLog('agent', 'fra', 'info').info({ kind: 'x' }, 'hello')`;
    const line = await runOrThrow([process.execPath, '--input-type=module', '-e', program]);
    const { level, process: name, pop, kind, msg } = JSON.parse(line) as Record<string, string>;
    assert.deepEqual([level, name, pop, kind, msg], ['info', 'agent', 'fra', 'x', 'hello']);
  });

  it('does not keep a process from going on, or from ending, when nobody reads it any more', async () => {
    const program = `
      import { createLog } from '${log}';
      const own = createLog('agent', 'fra', 'info');
      process.stdin.resume().once('end', () => {
        for (let n = 0; n < 1000; n += 1) own.info({ n }, 'still here');
        setTimeout(() => { own.info('last'); process.exit(7); }, 50);
      });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.destroy();
    child.stdin.end();
    const giveUp = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const [code] = await once(child, 'exit');
    clearTimeout(giveUp);
    assert.equal(code, 7);
  });
});
