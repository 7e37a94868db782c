import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { memoryBound } from '../../src/config/resolver/memory-bound.ts';
import { heapLimit, requireHeapFor } from '../../src/resolver/memory.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testDeployment } from './test-deployment.ts';
import { openTestResolver } from './test-resolver.ts';

const gibi = 2 ** 30;

describe('the memory of the resolver', () => {
  it('is shown beside its bound, which follows from the configuration', async () => {
    const deployment = testDeployment({ resolver: ['cache: { maxBytes: 67108864 }'] });
    await using _resolver = await openTestResolver(deployment);
    const page = await fetch(`http://${deployment.management}:${deployment.telemetryPort}/metrics`);
    const text = await page.text();
    assert.match(text, /^anycast_resolver_memory_bound_bytes 402653184$/m);
    assert.equal(memoryBound({ cache: { maxBytes: 67_108_864 }, threads: 0, workers: 0 }), 402_653_184);
    for (const part of ['resident', 'heap', 'external'])
      assert.match(text, new RegExp(`^anycast_resolver_memory_bytes\\{part="${part}"\\} [1-9]\\d+$`, 'm'));
  });

  it('has room in its bound for the threads that are wanted, and they keep to it', async () => {
    const bound = (threads: number): number =>
      memoryBound({ cache: { maxBytes: 2 ** 20 }, threads, workers: 0 });
    assert.equal(bound(6) - bound(0), 240 * 2 ** 20);
    const resident = async (threads: number): Promise<number> => {
      const resolver = ['cache: { maxBytes: 1048576 }', `threads: ${threads}`];
      await using process = await startProcess(testDeployment({ resolver }));
      return residentOctets(process.pid);
    };
    const [without, withThem] = [await resident(0), await resident(6)];
    assert.ok(withThem <= bound(6), `${withThem} octets with six threads`);
    assert.ok(withThem - without <= bound(6) - bound(0), `${withThem - without} octets of six threads`);
  });

  it('has room in its bound for the workers that are wanted, and they keep to it', async () => {
    const bound = (workers: number): number =>
      memoryBound({ cache: { maxBytes: 2 ** 20 }, threads: 0, workers });
    const resident = async (workers: number): Promise<number> => {
      const resolver = ['cache: { maxBytes: 1048576 }', `workers: ${workers}`];
      await using process = await startProcess(testDeployment({ resolver }));
      return residentOctets(process.pid);
    };
    const [without, withThem] = [await resident(0), await resident(4)];
    assert.ok(withThem <= bound(4), `${withThem} octets with four workers`);
    assert.ok(withThem - without <= bound(4) - bound(0), `${withThem - without} octets of four workers`);
  });

  it('has a heap that can hold more than the bound, whatever the size of the cache', () => {
    for (const maxBytes of [65_536, 128 * 2 ** 20, 4 * gibi])
      assert.ok(heapLimit({ maxBytes }) > memoryBound({ cache: { maxBytes }, threads: 0, workers: 0 }));
  });

  it('is not to grow by a reload beyond what the process has a heap for', () => {
    requireHeapFor({ maxBytes: 64 * 2 ** 20 });
    assert.throws(() => requireHeapFor({ maxBytes: 1000 * gibi }), {
      code: 'refused',
      hint: /restart the resolver/,
    });
  });

  it('has a process with too small a heap start over with a larger one, as the same process', async () => {
    const deployment = testDeployment({ resolver: [`cache: { maxBytes: ${8 * gibi} }`] });
    await using process = await startProcess(deployment);
    const given = readFileSync(`/proc/${process.pid}/cmdline`, 'latin1').split('\0');
    const mebibytes = heapLimit({ maxBytes: 8 * gibi }) / 2 ** 20;
    assert.equal(given.filter(argument => argument === `--max-old-space-size=${mebibytes}`).length, 1);
  });
});

function residentOctets(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}

/** A resolver as a process of its own, which shows its status, as the process that was started. */
async function startProcess(deployment: ReturnType<typeof testDeployment>) {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const config = join(folder.path, 'anycast.yaml');
  await writeFile(config, deployment.yaml);
  const argv = ['resolver', '--config', config, '--pop', 'fra', '--run-dir', join(folder.path, 'run')];
  const child = spawn('./anycast', argv, { stdio: 'ignore' });
  parts.defer(async () => {
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  await eventually(
    async () => {
      const page = await fetch(`http://${deployment.management}:${deployment.telemetryPort}/status`);
      assert.equal(((await page.json()) as { pid: number }).pid, child.pid);
    },
    { within: 15_000 },
  );
  const moved = parts.move();
  return { pid: child.pid, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
