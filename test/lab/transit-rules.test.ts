/** The rules of the lab's networks (bird-configs/transit), with a real BIRD as isp-eu and real customers of it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runOrThrow } from '../../src/system/run.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox, type SandboxProcess, whyNoSandbox } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const rules = fileURLToPath(new URL('../../bird-configs/transit/bird.conf', import.meta.url));

/** fra and access-eu as isp-eu's neighbours.conf names them. */
const customers = {
  fra: { local: '198.18.1.6', remote: '198.18.1.5', asn: 64500, session: 'fra_v4' },
  access: { local: '198.18.1.10', remote: '198.18.1.9', asn: 64504, session: 'access_eu_v4' },
} as const;

suite('a network of the lab', { skip: (await whyNoSandbox('bird')) ?? false }, () => {
  let sandbox: Sandbox;
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>;
  let isp: SandboxProcess;

  before(async () => {
    sandbox = await openSandbox();
    scratch = await temporaryFolder();
    const script = `
      set -e
      ip netns add isp
      ip -n isp link set lo up
      connect() { # NODE, its address, isp's
        ip netns add $1
        ip link add up0 netns $1 type veth peer $1 netns isp
        ip -n $1 link set lo up
        ip -n $1 address add $2/30 dev up0
        ip -n isp address add $3/30 dev $1
        ip -n $1 link set up0 up
        ip -n isp link set $1 up
      }
      connect fra 198.18.1.6 198.18.1.5
      connect access 198.18.1.10 198.18.1.9`;
    const made = await sandbox.exec(['sh', '-c', script]);
    assert.equal(made.exitCode, 0, made.stderr);
    isp = sandbox.spawn(['bird', '-f', '-c', rules, '-s', socket('isp')], 'isp');
    await eventually(() => ask('isp', 'show status'));
  });
  after(async () => {
    await sandbox?.[Symbol.asyncDispose]();
    await scratch?.[Symbol.asyncDispose]();
  });

  const socket = (name: string) => join(scratch.path, `${name}.ctl`);
  const ask = (name: string, command: string) =>
    runOrThrow(['birdc', '-s', socket(name), ...(command.split(' ') as [string, ...string[]])]);

  /** A customer's router that announces these routes and takes all it is given. Disposing ends it. */
  async function customer(name: keyof typeof customers, routes: readonly string[]) {
    const { local, remote, asn, session } = customers[name];
    const file = join(scratch.path, `${name}.conf`);
    const text = `
      router id ${local};
      log stderr all;
      protocol device { }
      protocol static { ipv4; ${routes.map(route => `route ${route};`).join(' ')} }
      protocol bgp isp {
        local ${local} as ${asn}; neighbor ${remote} as 64501; strict bind on; local role customer;
        connect delay time 0; connect retry time 1; error wait time 1, 1;
        ipv4 { import all; export filter { if defined(bgp_med) then bgp_med = bgp_med; accept; }; };
      }`;
    await writeFile(file, text);
    const bird = sandbox.spawn(['bird', '-f', '-c', file, '-s', socket(name)], name);
    return {
      established: () =>
        eventually(async () => assert.match(await ask('isp', `show protocols ${session}`), /Established/), {
          within: 10_000,
        }),
      async [Symbol.asyncDispose]() {
        await bird.kill('SIGTERM');
        await bird.exited;
      },
    };
  }

  const shown = (name: string, prefix: string) => ask(name, `show route where net = ${prefix} all`);

  test('prefers every other path to one that says GRACEFUL_SHUTDOWN', async () => {
    const closing = 'blackhole { bgp_community.add((65535, 0)); }';
    await using fra = await customer('fra', [`203.0.113.53/32 ${closing}`, '203.0.113.0/24 blackhole']);
    await fra.established();
    await eventually(async () => assert.match(await shown('isp', '203.0.113.53/32'), /local_pref: 0$/m));
    await eventually(async () => assert.match(await shown('isp', '203.0.113.0/24'), /local_pref: 300$/m));
  });

  test('uses a NO_EXPORT route and passes it to nobody, and passes the others on', async () => {
    await using access = await customer('access', ['198.18.4.0/24 blackhole']);
    const here = 'blackhole { bgp_community.add((65535, 65281)); }';
    await using fra = await customer('fra', [`203.0.113.53/32 ${here}`, '203.0.113.0/24 blackhole']);
    await Promise.all([access.established(), fra.established()]);
    await eventually(async () => {
      assert.match(await shown('isp', '203.0.113.53/32'), /203\.0\.113\.53\/32 .*fra_v4/);
      assert.match(await shown('access', '203.0.113.0/24'), /203\.0\.113\.0\/24 .*isp/);
    });
    assert.doesNotMatch(await shown('access', '203.0.113.53/32'), /203\.0\.113\.53\/32/);
  });

  test('takes nothing from a customer but what its contract names', async () => {
    const foreign = ['0.0.0.0/0', '10.0.0.0/8', '198.18.5.0/24', '203.0.113.0/24', '198.18.4.0/25'];
    await using access = await customer(
      'access',
      [...foreign, '198.18.4.0/24'].map(prefix => `${prefix} blackhole`),
    );
    await access.established();
    await eventually(async () =>
      assert.match(await ask('isp', 'show route protocol access_eu_v4'), /198\.18\.4\.0\/24/),
    );
    const text = await ask('isp', 'show route protocol access_eu_v4');
    assert.equal(text.match(/\/\d+ /g)?.length, 1, text);
  });

  test('cuts off a customer that announces far more routes than its contract names', async () => {
    const many = Array.from({ length: 20 }, (_, host) => `203.0.113.${host}/32 blackhole`);
    await using fra = await customer('fra', many);
    await eventually(() =>
      assert.match(isp.output.join('\n'), /fra_v4.* hits route import limit \(4\), action: restart/),
    );
    const routes = (await ask('isp', 'show route protocol fra_v4')).match(/\/32 /g) ?? [];
    assert(routes.length <= 4, `${routes.length} routes`);
    assert(fra);
  });
});
