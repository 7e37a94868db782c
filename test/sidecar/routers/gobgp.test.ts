/** `anycast sidecar` with GoBGP: a life, and the ways it can end. What is the same for every router is in sidecar.test.ts. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gobgpDriver } from '../../../src/routing/drivers/gobgp.ts';
import { gobgpRouter } from '../../../src/sidecar/routers/gobgp.ts';
import { exitCodes } from '../../../src/system/fault.ts';
import { soon, v4, v6 } from '../../contract/route-driver.ts';
import { eventually } from '../../support/eventually.ts';
import { fallback, openPeering, type Peering, peeringYaml } from '../../support/peering.ts';
import { type SandboxProcess, whyNoSandbox } from '../../support/sandbox.ts';

const main = join(import.meta.dirname, '../../../src/main.ts');

suite(
  'anycast sidecar with GoBGP',
  {
    skip: (await whyNoSandbox('bird', 'gobgpd', 'setpriv')) ?? false,
  },
  () => {
    let peering: Peering;
    let config: string;
    before(async () => {
      peering = await openPeering();
      config = join(dirname(peering.configPath), 'gobgp.yaml');
      await writeFile(config, peeringYaml.replace('routerId:', 'driver: gobgp\n    routerId:'));
    });
    after(async () => await peering?.[Symbol.asyncDispose]());

    const start = (): SandboxProcess => {
      const options = ['--config', config, '--pop', 'fra', '--run-dir', peering.runDirectory];
      return peering.sandbox.spawn([process.execPath, main, 'sidecar', ...options], 'pop');
    };
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

    test('announces the fallback by itself, passes its log on, and SIGTERM withdraws everything and ends both', async () => {
      const sidecar = start();
      const pid = await ready(sidecar);
      await peering.established();
      await neighbourHas(fallback);
      assert.match(sidecar.output.join('\n'), /"from":"gobgp","msg":"Peer Up Key=198\.18\.1\.5 /);
      await sidecar.kill('SIGTERM');
      assert.equal(await sidecar.exited, exitCodes.done, sidecar.output.join('\n'));
      await isGone(pid);
      await neighbourHas([]);
    });

    test('killed with SIGKILL it leaves no gobgpd and no route behind, and starts again over the socket of the dead one', async () => {
      const sidecar = start();
      const pid = await ready(sidecar);
      await peering.established();
      await using driver = gobgpDriver.create(peering.runDirectory);
      await driver.apply([v4, v6], soon());
      await neighbourHas([...fallback, '203.0.113.53/32', '2001:db8:53::53/128'].sort());
      await sidecar.kill('SIGKILL');
      await sidecar.exited;
      await isGone(pid);
      await neighbourHas([]);
      const next = start();
      await ready(next);
      await peering.established();
      await neighbourHas(fallback);
      await next.kill('SIGTERM');
      assert.equal(await next.exited, exitCodes.done);
    });

    test('a second sidecar in the same folder is refused and the first goes on', async () => {
      const first = start();
      const pid = await ready(first);
      const second = start();
      assert.equal(await second.exited, exitCodes.fault);
      assert.match(second.output.join('\n'), /a gobgp answers in .* already/);
      assert.equal((await peering.sandbox.exec(['kill', '-0', pid])).exitCode, 0);
      await first.kill('SIGTERM');
      assert.equal(await first.exited, exitCodes.done);
    });

    test('what the agent announced before the sidecar was ready stays when the fallback is announced', async () => {
      const gobgpd = await peering.startGobgp();
      await using driver = gobgpDriver.create(peering.runDirectory);
      await driver.apply([v4], soon());
      await gobgpRouter.afterStart?.(peering.runDirectory, soon());
      await neighbourHas([...fallback, '203.0.113.53/32'].sort());
      await gobgpd.kill('SIGTERM');
      await gobgpd.exited;
    });
  },
);
