/** Starts `heartbeat-process.ts`: a resolver, as far as its control socket goes, that can be killed and stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('heartbeat-process.ts', import.meta.url));

/** Resolves when it serves `runDirectory`/resolver.sock. */
export async function startBeating(runDirectory: string): Promise<ChildProcess & AsyncDisposable> {
  const child = spawn(process.execPath, [program, `${runDirectory}/resolver.sock`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  });
}
