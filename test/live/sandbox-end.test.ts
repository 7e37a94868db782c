import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import type { LabPlan } from '../../src/lab/plan.ts';
import { netns } from '../../src/lab/runtimes/netns.ts';
import { findSupervisors, isAlive, outerPids, parentOf } from '../../src/lab/sandbox/find.ts';
import { searchPath } from '../../src/lab/sandbox/paths.ts';
import { Fault } from '../../src/system/fault.ts';
import { eventually } from '../support/eventually.ts';
import { labName, openLabUnderTest, smallPlan, upTimeoutMs } from './support/lab-under-test.ts';

before(() => {
  process.env.PATH = searchPath();
});

describe('the end of a lab', () => {
  for (const victim of ['supervisor', 'shell', 'unshare'] as const) {
    it(`by SIGKILL of its ${victim} leaves no process, namespace, mount or file`, async () => {
      const hostBefore = await hostState();
      const { lab } = await openLabUnderTest(victim);
      const { pid: supervisor } = await lab.status();
      const shell = await parentOf(supervisor);
      const unshare = shell && (await parentOf(shell));
      assert.ok(shell && unshare);
      const inside = await outerPids(supervisor);
      const namespaces = await namespacesOf([...inside.values()]);
      assert.ok(inside.size > 8, `${inside.size} processes inside`);
      // Only who was there before can hold on to a namespace: the kernel gives its number to the next one at once.
      const present = await allPids();

      process.kill({ supervisor, shell, unshare }[victim], 'SIGKILL');

      await eventually(async () => {
        for (const pid of [...inside.values(), unshare])
          assert.equal(await isAlive(pid), false, `pid ${pid}`);
        const stillUsed = await namespacesOf(present);
        for (const namespace of namespaces) assert.equal(stillUsed.has(namespace), false, namespace);
      });
      assert.deepEqual(await hostState(), hostBefore);
      await assert.rejects(lab.status(), { code: 'unreachable' });
    });
  }

  it('by `lab down` says what ended, and a second `lab down` says that nothing runs', async () => {
    const { anycastLab } = await openLabUnderTest('down');
    assert.match((await anycastLab('down')).stdout, /is down: 8 nodes, 10 links and 7 processes ended/);
    const again = await anycastLab('down');
    assert.match(again.stdout, /no lab 'test-\d+-down' is running/);
    assert.equal(again.exitCode, 0);
    assert.equal((await anycastLab('status')).exitCode, 69);
  });
});

describe('a lab that cannot come up', () => {
  const up = async (plan: LabPlan, suffix: string, options: { timeoutMs?: number; signal?: AbortSignal }) => {
    try {
      await netns.up(plan, {
        name: labName(suffix),
        timeoutMs: options.timeoutMs ?? upTimeoutMs,
        signal: options.signal ?? new AbortController().signal,
        onProgress: () => undefined,
      });
    } catch (error) {
      assert.deepEqual(
        (await findSupervisors()).filter(({ name }) => name === labName(suffix)),
        [],
      );
      return error;
    }
    throw new Error('it came up');
  };

  it('because a process ends names it, its node and its last words, and leaves nothing', async () => {
    const plan = await smallPlan();
    const nodes = plan.nodes.map(node =>
      node.name === 'mid'
        ? {
            ...node,
            files: [...node.files, { path: `${node.runDirectory}/neighbours.conf`, text: 'nonsense\n' }],
          }
        : node,
    );
    const error = await up({ ...plan, nodes }, 'broken', {});
    assert.ok(error instanceof Fault);
    assert.match(
      error.message,
      /bird of mid exited with code 1[\s\S]*mid\/bird\.log ends:[\s\S]*syntax error/,
    );
  });

  it('in its time names what is not yet true, and leaves nothing', async () => {
    const plan = await smallPlan();
    const missing = { node: 'top', socket: '/run/anycast-lab/top/bird.ctl', protocol: 'nobody_v4' };
    const readiness = { ...plan.readiness, sessions: [...plan.readiness.sessions, missing] };
    const error = await up({ ...plan, readiness }, 'late', { timeoutMs: 4000 });
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'timeout');
    assert.match(error.message, /top has a session with nobody-v4/);
  });

  it('because nobody wants it any more leaves nothing', async () => {
    const stop = new AbortController();
    const error = up(await smallPlan(), 'unwanted', { signal: stop.signal });
    await eventually(async () =>
      assert.ok((await findSupervisors()).some(({ name }) => name === labName('unwanted'))),
    );
    stop.abort(new Error('changed my mind'));
    assert.equal(await error, stop.signal.reason);
  });
});

async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
}

/** Namespaces that these processes are in and this one is not. */
async function namespacesOf(pids: readonly number[]): Promise<Set<string>> {
  const kinds = ['mnt', 'net', 'pid', 'user'];
  const links = await Promise.all(
    [process.pid, ...pids].map(pid =>
      Promise.all(kinds.map(kind => readlink(`/proc/${pid}/ns/${kind}`).catch(() => ''))),
    ),
  );
  const [own, ...others] = links;
  return new Set(others.flat().filter(link => link !== '' && !own?.includes(link)));
}

/** What a lab could leave behind on the machine itself. */
async function hostState(): Promise<unknown> {
  return {
    mounts: await readFile('/proc/self/mountinfo', 'utf8'),
    run: await readdir('/run'),
    interfaces: await readFile('/proc/net/dev', 'utf8').then(text => text.match(/^\s*\S+:/gm)),
    routes: await readFile('/proc/net/route', 'utf8'),
  };
}
