/** `anycast sidecar` with a real BIRD and a real neighbour, and an agent that is killed, stopped, restarted, or ends. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { birdDriver } from '../../src/routing/drivers/bird.ts';
import { askControl } from '../../src/system/control-socket.ts';
import { exitCodes } from '../../src/system/fault.ts';
import { soon, v4, v6 } from '../contract/route-driver.ts';
import { eventually } from '../support/eventually.ts';
import { fallback, openPeering, type Peering, peeringYaml } from '../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../support/sandbox.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const renewing = join(import.meta.dirname, '../support/renewing-process.ts');
const everything = [...fallback, '203.0.113.53/32', '2001:db8:53::53/128'].sort();

/** Long enough that a starved machine keeps it, and a restart of a process is within the long one. */
const leases = { short: '2s', long: '1m' } as const;

interface SidecarStatus {
  readonly lease: string;
  readonly withdrawal?: string;
  readonly cause?: string;
  readonly term: number;
  readonly lapses: number;
  readonly agentGone?: boolean;
  readonly routerPid: number;
}

suite('anycast sidecar without its agent', { skip: (await whyNoSandbox('bird', 'setpriv')) ?? false }, () => {
  let peering: Peering;
  before(async () => {
    peering = await openPeering();
  });
  after(async () => await peering?.[Symbol.asyncDispose]());

  const hasSaid = (process: SandboxProcess, what: string | RegExp) =>
    eventually(() => assert.match(process.output.join('\n'), new RegExp(what, 'm')), { within: 15_000 });
  const neighbourHas = (expected: readonly string[]) =>
    eventually(async () => assert.deepEqual(await peering.neighbourPrefixes(), expected), { within: 15_000 });
  const status = async () =>
    (await askControl(join(peering.runDirectory, 'sidecar.sock'), 'status')) as SidecarStatus;
  const statusIs = (expected: Partial<SidecarStatus>) =>
    eventually(async () => assert.partialDeepStrictEqual(await status(), expected), { within: 15_000 });
  const agent = (what: 'announce' | 'renew', pop = 'fra'): SandboxProcess =>
    peering.sandbox.spawn([process.execPath, renewing, peering.runDirectory, pop, what], 'pop');
  /** When each session at the neighbour came to its present state: unchanged, it never went down. */
  const sessionsSince = async (): Promise<string[]> => {
    const text = await peering.askNeighbour('show protocols');
    return [...text.matchAll(/^pop_v\d.*Established/gm)].map(([line]) => line);
  };

  /** A sidecar that runs with this lease while the test does. */
  const withSidecar = async (
    lease: string,
    claim: (sidecar: SandboxProcess) => Promise<void>,
  ): Promise<void> => {
    const config = join(peering.runDirectory, '..', 'lease.yaml');
    await writeFile(config, `${peeringYaml}\nlease: ${lease}\n`);
    const options = ['--config', config, '--pop', 'fra', '--run-dir', peering.runDirectory];
    const sidecar = peering.sandbox.spawn([process.execPath, main, 'sidecar', ...options], 'pop');
    await hasSaid(sidecar, '"msg":"ready"');
    await peering.established();
    await claim(sidecar);
    await sidecar.kill('SIGTERM');
    assert.equal(await sidecar.exited, exitCodes.done, sidecar.output.join('\n'));
  };
  const short = `{ duration: ${leases.short} }`;

  test('has no lease to lose before an agent claims it', async () => {
    await withSidecar(short, async () => {
      await statusIs({ lease: 'unclaimed', term: 0 });
      assert.ok((await status()).routerPid > 0);
    });
  });

  test('withdraws the host routes of a killed agent; the fallback and the sessions stay', async () => {
    await withSidecar(short, async sidecar => {
      const first = agent('announce');
      await neighbourHas(everything);
      const sessions = await sessionsSince();
      assert.equal(sessions.length, 2);
      await first.kill('SIGKILL');
      await hasSaid(sidecar, 'the agent is gone; its routes stay until the lease runs out');
      await neighbourHas(fallback);
      await statusIs({ lease: 'taken', cause: 'ran-out', withdrawal: 'seen', lapses: 1 });
      await hasSaid(sidecar, 'lease ran out: the agent is lost, its host routes are withdrawn');
      assert.deepEqual(await sessionsSince(), sessions);
    });
  });

  test('with `hold` leaves the routes of a killed agent', async () => {
    await withSidecar(`{ duration: ${leases.short}, onAgentLoss: hold }`, async sidecar => {
      const first = agent('announce');
      await neighbourHas(everything);
      await first.kill('SIGKILL');
      await hasSaid(sidecar, 'lease ran out: the agent is lost, its host routes are left as they are');
      await statusIs({ lease: 'taken', cause: 'ran-out' });
      await neighbourHas(everything);
      const second = agent('renew');
      await hasSaid(second, '^lapsed hold$');
      await second.kill('SIGKILL');
    });
  });

  test('withdraws for a stopped agent, and gives the routes back when it goes on and has heard of it', async () => {
    await withSidecar(short, async sidecar => {
      const frozen = agent('announce');
      await neighbourHas(everything);
      await frozen.kill('SIGSTOP');
      await neighbourHas(fallback);
      assert.doesNotMatch(frozen.output.join('\n'), /lapsed/);
      await frozen.kill('SIGCONT');
      await hasSaid(frozen, '^lapsed withdraw\n(.*\n)*applied$');
      await hasSaid(sidecar, 'lease given back to the agent');
      await neighbourHas(everything);
      await statusIs({ lease: 'held', term: 1, lapses: 1 });
      assert.equal(frozen.output.filter(line => line.startsWith('lapsed')).length, 1);
      await frozen.kill('SIGKILL');
    });
  });

  test('withdraws again what comes back while no agent holds the lease', async () => {
    await withSidecar(short, async sidecar => {
      const first = agent('announce');
      await neighbourHas(everything);
      await first.kill('SIGKILL');
      await neighbourHas(fallback);
      await statusIs({ withdrawal: 'seen' });
      // As an agent would that was stopped in the midst of an apply.
      await using late = birdDriver.create(peering.runDirectory);
      await late.apply([v4, v6], soon());
      await hasSaid(sidecar, 'host routes came back while no agent holds the lease');
      await neighbourHas(fallback);
    });
  });

  test('lets an agent that restarts within its lease keep the routes', async () => {
    await withSidecar(`{ duration: ${leases.long} }`, async sidecar => {
      const first = agent('announce');
      await neighbourHas(everything);
      await first.kill('SIGKILL');
      await statusIs({ lease: 'held', agentGone: true });
      const second = agent('renew');
      await hasSaid(second, '^held: renewed$');
      await hasSaid(sidecar, 'lease goes on with another agent');
      assert.doesNotMatch(second.output.join('\n'), /lapsed|applied/);
      assert.deepEqual(await peering.neighbourPrefixes(), everything);
      await statusIs({ lease: 'held', agentGone: false, term: 0 });
      await second.kill('SIGKILL');
    });
  });

  test("refuses another PoP's agent, and a second one while the first lives", async () => {
    await withSidecar(short, async () => {
      const stranger = agent('announce', 'nyc');
      await hasSaid(stranger, '^lost: this is the sidecar of fra, not of nyc$');
      await statusIs({ lease: 'unclaimed' });
      const first = agent('renew');
      await hasSaid(first, '^held');
      const second = agent('announce');
      await hasSaid(second, '^lost: another agent of fra holds the lease');
      assert.deepEqual(await peering.neighbourPrefixes(), fallback);
      for (const each of [stranger, first, second]) await each.kill('SIGKILL');
    });
  });

  test('stopped itself, it hears the renewals of meanwhile first, and takes nothing', async () => {
    await withSidecar(short, async sidecar => {
      const living = agent('announce');
      await neighbourHas(everything);
      await sidecar.kill('SIGSTOP');
      await hasSaid(living, '^lost: ');
      await sidecar.kill('SIGCONT');
      await hasSaid(living, '^lost: .*\n(.*\n)*held: renewed$');
      assert.doesNotMatch(living.output.join('\n'), /lapsed/);
      await statusIs({ lease: 'held', term: 0, lapses: 0 });
      assert.deepEqual(await peering.neighbourPrefixes(), everything);
      await living.kill('SIGKILL');
    });
  });

  test('ends with its routes, and an agent finds the next one fresh', async () => {
    let living: SandboxProcess | undefined;
    await withSidecar(short, async () => {
      living = agent('announce');
      await neighbourHas(everything);
    });
    assert.ok(living);
    await hasSaid(living, '^no-sidecar: ');
    await neighbourHas([]);
    await withSidecar(short, async () => {
      assert.ok(living);
      await hasSaid(living, '^fresh sidecar\nheld');
      assert.doesNotMatch(living.output.join('\n'), /lapsed/);
      await living.kill('SIGKILL');
    });
  });
});
