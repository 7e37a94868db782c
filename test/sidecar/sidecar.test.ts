/** `anycast sidecar` as a process beside a real BIRD and a real neighbour: a life, and every way it can end. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { birdFolder } from '../../src/routing/bird/bird-folder.ts';
import { renderAnnounced } from '../../src/routing/bird/render-announced.ts';
import { birdDriver } from '../../src/routing/drivers/bird.ts';
import { exitCodes } from '../../src/system/fault.ts';
import { soon, v4, v6 } from '../contract/route-driver.ts';
import { eventually } from '../support/eventually.ts';
import { fallback, openPeering, type Peering, peeringYaml } from '../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../support/sandbox.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

suite('anycast sidecar', { skip: (await whyNoSandbox('bird', 'setpriv')) ?? false }, () => {
  let peering: Peering;
  before(async () => {
    peering = await openPeering();
  });
  after(async () => await peering?.[Symbol.asyncDispose]());

  const start = (config = peering.configPath): SandboxProcess => {
    const options = ['--config', config, '--pop', 'fra', '--run-dir', peering.runDirectory];
    return peering.sandbox.spawn([process.execPath, main, 'sidecar', ...options], 'pop');
  };
  /** The process id of the router, inside the sandbox, once the sidecar says that it is ready. */
  const ready = (sidecar: SandboxProcess) =>
    eventually(
      () => {
        const line = sidecar.output.find(text => text.includes('"msg":"ready"'));
        if (line === undefined) throw new Error(sidecar.output.join('\n'));
        return String(JSON.parse(line).routerPid);
      },
      { within: 10_000 },
    );
  const neighbourHas = (expected: readonly string[]) =>
    eventually(async () => assert.deepEqual(await peering.neighbourPrefixes(), expected));
  const isGone = (pid: string) =>
    eventually(async () => {
      const state = await peering.sandbox.exec(['ps', '-o', 'stat=,args=', '-p', pid]);
      assert.equal(state.stdout.replace(/^Z.*/, ''), '');
    });

  test('starts BIRD with announcements of an earlier life cleared, and SIGTERM withdraws everything and ends both', async () => {
    await mkdir(birdFolder(peering.runDirectory).path, { recursive: true });
    await writeFile(birdFolder(peering.runDirectory).announced, renderAnnounced([v4, v6]));
    const sidecar = start();
    const pid = await ready(sidecar);
    await peering.established();
    await neighbourHas(fallback);
    await sidecar.kill('SIGTERM');
    assert.equal(await sidecar.exited, exitCodes.done, sidecar.output.join('\n'));
    await isGone(pid);
    await neighbourHas([]);
    assert.match(await peering.askNeighbour('show protocols'), /Received: Administrative shutdown/);
  });

  test('killed with SIGKILL it leaves no BIRD and no route behind', async () => {
    const sidecar = start();
    const pid = await ready(sidecar);
    await peering.established();
    await using driver = birdDriver.create(peering.runDirectory);
    await driver.apply([v4, v6], soon());
    await neighbourHas([...fallback, '203.0.113.53/32', '2001:db8:53::53/128'].sort());
    await sidecar.kill('SIGKILL');
    await sidecar.exited;
    await isGone(pid);
    await neighbourHas([]);
  });

  test('BIRD that ends by itself ends the sidecar with a fault', async () => {
    const sidecar = start();
    const pid = await ready(sidecar);
    await peering.sandbox.exec(['kill', '-9', pid]);
    assert.equal(await sidecar.exited, exitCodes.unreachable);
    assert.match(sidecar.output.join('\n'), /anycast: bird ended by itself: signal SIGKILL/);
  });

  test('a second sidecar in the same folder is refused and the first goes on', async () => {
    const first = start();
    const pid = await ready(first);
    const second = start();
    assert.equal(await second.exited, exitCodes.fault);
    assert.match(second.output.join('\n'), /a bird answers in .* already/);
    assert.equal((await peering.sandbox.exec(['kill', '-0', pid])).exitCode, 0);
    await first.kill('SIGTERM');
    assert.equal(await first.exited, exitCodes.done);
  });

  test('a configuration that BIRD refuses is told with its file and line, and nothing is started', async () => {
    const config = join(peering.runDirectory, 'refused.yaml');
    // A link-local address means nothing without its interface (RFC 4007 section 6), and the file names none.
    await writeFile(config, peeringYaml.replace('remote: "2001:db8:1:1::1"', 'remote: "fe80::1"'));
    const sidecar = start(config);
    assert.equal(await sidecar.exited, exitCodes.configInvalid);
    assert.match(
      sidecar.output.join('\n'),
      /BIRD refuses the configuration: .*neighbours\.conf:\d+:\d+ Link-local addresses require/,
    );
    assert.equal((await peering.sandbox.exec(['pgrep', '-f', peering.runDirectory])).stdout, '');
  });
});
