import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { establishedSessions } from '../../src/lab/bird-socket.ts';
import { netns } from '../../src/lab/runtimes/netns.ts';
import { searchPath } from '../../src/lab/sandbox/paths.ts';
import { Fault } from '../../src/system/fault.ts';
import { eventually } from '../support/eventually.ts';
import { type LabUnderTest, openLabUnderTest, smallPlan, upTimeoutMs } from './support/lab-under-test.ts';

/** The leaf nameserver, and one that serves the root, by the address rule. */
const leaf = { v4: '198.18.7.10', v6: '2001:db8:7:2::2' };
const rootServer = '198.18.7.6';

describe('a lab in namespaces', () => {
  let test: LabUnderTest;
  before(async () => {
    process.env.PATH = searchPath();
    test = await openLabUnderTest('netns');
  });
  after(async () => await test?.[Symbol.asyncDispose]());

  const output = async (node: string, ...argv: [string, ...string[]]): Promise<string> => {
    const { exitCode, stdout, stderr } = await test.lab.exec(node, argv);
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };
  const birdc = async (node: string, command: string): Promise<string> =>
    await output(node, 'birdc', '-s', `/run/anycast-lab/${node}/bird.ctl`, command);
  const address = async (server: string): Promise<string> =>
    await output('client', 'dig', '+short', '+time=1', '+tries=2', `@${server}`, 'www.plain.test', 'A');

  it('says how far it is, and at last that every BGP session is established', () => {
    const last = test.progress.at(-1);
    assert.deepEqual(last, { stage: 'sessions', done: 14, of: 14 });
    assert.deepEqual(
      test.progress.slice(0, 2).map(({ stage }) => stage),
      ['building', 'starting'],
    );
  });

  it('carries a client to a nameserver two networks away, over IPv4 and IPv6, UDP and TCP', async () => {
    for (const server of [leaf.v4, leaf.v6]) {
      for (const transport of ['+notcp', '+tcp']) {
        const argv = ['dig', '+short', transport, `@${server}`, 'www.plain.test', 'AAAA'] as const;
        assert.equal(await output('client', ...argv), '2001:db8:ffff::80');
      }
    }
  });

  it('prefers a customer to a peer and a peer to a provider, even by a longer path', async () => {
    const best = async (node: string): Promise<string> => {
      const shown = await birdc(node, 'show route 198.18.7.0/24 primary all');
      return /\[(\S+) .*as_path: ([\d ]+).*local_pref: (\d+)/s.exec(shown)?.slice(1).join(' ') ?? shown;
    };
    assert.equal(await best('east'), 'mid_v4 64503 64507 300');
    assert.equal(await best('west'), 'east_v4 64502 64503 64507 200');
  });

  it('gives no route of a peer or provider to another peer or provider', async () => {
    assert.match(await birdc('top', 'show route 198.18.7.0/24 protocol east_v4'), /198\.18\.7\.0/);
    for (const [node, protocol] of [
      ['top', 'west_v4'],
      ['east', 'west_v4'],
    ]) {
      const { stdout } = await test.lab.exec(node ?? '', [
        'birdc',
        '-s',
        `/run/anycast-lab/${node}/bird.ctl`,
        `show route 198.18.7.0/24 protocol ${protocol}`,
      ]);
      assert.doesNotMatch(stdout, /198\.18\.7\.0/);
    }
  });

  it('has a chain of trust from the root to signed.test., and a bogus.test. that breaks it', async () => {
    const judged = async (name: string): Promise<string> => {
      const script = `printf '. NS ns-root.test.\\nns-root.test. A ${rootServer}\\n' > /run/hints
        cat /run/anycast-lab/ns-root/K.*.key > /run/root.key
        drill -r /run/hints -k /run/root.key -TD "$0" A`;
      const { stdout } = await test.lab.exec('client', ['sh', '-c', script, name]);
      return stdout;
    };
    assert.match(await judged('www.signed.test'), /^\[T\] www\.signed\.test\.\s.*198\.51\.100\.83$/m);
    assert.match(await judged('www.bogus.test'), /^\[B\] www\.bogus\.test\./m);
  });

  it('answers any name of probe.test. and thousands of many.test.', async () => {
    const argv = ['dig', '+short', `@${leaf.v4}`] as const;
    assert.equal(await output('client', ...argv, 'q1.c2.probe.test', 'A'), '198.51.100.90');
    assert.equal(await output('client', ...argv, 'n4999.many.test', 'A'), '198.51.100.249');
  });

  it('refuses a second lab of its name, and says what to do', async () => {
    const again = netns.up(await smallPlan(), {
      name: test.lab.name,
      timeoutMs: upTimeoutMs,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    await assert.rejects(again, (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, 'busy');
      assert.match(error.hint ?? '', /anycast lab down/);
      return true;
    });
  });

  it('passes the exit code, options and output of a program through `lab exec`', async () => {
    assert.equal((await test.anycastLab('exec', 'client', '--', 'sh', '-c', 'exit 7')).exitCode, 7);
    const dig = await test.anycastLab(
      'exec',
      'client',
      '--',
      'dig',
      '+short',
      '-6',
      `@${leaf.v6}`,
      '-t',
      'MX',
      'plain.test',
    );
    assert.equal(dig.stdout, '10 mail.plain.test.');
    const unknown = await test.anycastLab('exec', 'clinet', '--', 'true');
    assert.equal(unknown.exitCode, 64);
    assert.match(unknown.stderr, /did you mean 'client'/);
  });

  it('shows pid, runtime, nodes and links as JSON, with pids of this machine', async () => {
    const { stdout } = await test.anycastLab('status', '--json');
    const status = JSON.parse(stdout);
    assert.deepEqual(Object.keys(status), ['pid', 'runtime', 'nodes', 'links']);
    assert.equal(status.runtime, 'netns');
    const west = status.nodes.find((node: { name: string }) => node.name === 'west');
    const [bird] = west.processes;
    assert.deepEqual(
      { ...west, addresses: west.addresses[0] },
      { name: 'west', role: 'router', state: 'running', addresses: '198.18.1.1', processes: [bird] },
    );
    assert.equal(bird.state, 'running');
    process.kill(bird.pid, 0);
    assert.deepEqual(status.links[0], { name: 'west--client', state: 'up' });
  });

  it('cuts a link so that traffic goes another way, and mends it so that it comes back', async () => {
    const viaPeer = async (): Promise<boolean> =>
      /dev east/.test(await output('west', 'ip', 'route', 'get', leaf.v4));
    assert.equal(await viaPeer(), true);
    await test.lab.setLink('west--east', 'down');
    assert.equal((await test.lab.status()).links.find(({ name }) => name === 'west--east')?.state, 'down');
    await eventually(async () => assert.equal(await viaPeer(), false));
    assert.equal(await address(leaf.v6), '198.51.100.80');
    await test.lab.setLink('west--east', 'up');
    await eventually(async () => assert.equal(await viaPeer(), true), { within: 10_000 });
    await eventually(
      async () => assert.match(await output('west', 'ip', '-6', 'route'), /2001:db8:7::\/48 .*dev east/),
      {
        within: 10_000,
      },
    );
    await assert.rejects(test.lab.setLink('west--north', 'down'), { code: 'usage' });
  });

  it('freezes, thaws, kills and starts a process, and says so in its status', async () => {
    const nsd = async () => (await test.lab.status()).nodes.find(({ name }) => name === 'ns-leaf');
    await test.lab.signalProcess('ns-leaf', 'nsd', 'SIGSTOP');
    await eventually(async () => assert.equal((await nsd())?.processes[0]?.state, 'stopped'));
    await test.lab.signalProcess('ns-leaf', 'nsd', 'SIGCONT');
    await eventually(async () => assert.equal((await nsd())?.state, 'running'));
    await assert.rejects(test.lab.startProcess('ns-leaf', 'nsd'), { code: 'busy' });
    await test.lab.signalProcess('west', 'bird', 'SIGKILL');
    await test.lab.startProcess('west', 'bird');
    await eventually(async () => assert.match(await output('west', 'ip', 'route'), /198\.18\.7\.0\/24/), {
      within: 10_000,
    });
    await test.lab.signalProcess('ns-leaf', 'nsd', 'SIGKILL');
    await eventually(async () => {
      assert.deepEqual((await nsd())?.processes, [{ name: 'nsd', pid: null, state: 'exited' }]);
      assert.equal((await nsd())?.state, 'degraded');
    });
    await assert.rejects(test.lab.signalProcess('ns-leaf', 'nsd', 'SIGKILL'), { code: 'refused' });
    // NSD's own children notice their parent's death and give the port back.
    await eventually(
      async () => {
        if ((await nsd())?.state === 'degraded') await test.lab.startProcess('ns-leaf', 'nsd');
        assert.equal(await address(leaf.v4), '198.51.100.80');
      },
      { within: 10_000 },
    );
  });

  it('reaps what killed programs leave behind', async () => {
    await eventually(async () =>
      assert.doesNotMatch(await output('client', 'sh', '-c', 'cat /proc/[0-9]*/stat'), /\) Z /),
    );
  });

  it('runs a program that goes on, until it is disposed of', async () => {
    const running = async (): Promise<string> =>
      (await test.lab.exec('client', ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'])).stdout;
    {
      await using child = test.lab.spawn('client', ['sh', '-c', 'echo begun; exec sleep 4321']);
      const [line] = await createInterface({ input: child.stdout })
        [Symbol.asyncIterator]()
        .next()
        .then(({ value }) => [value]);
      assert.equal(line, 'begun');
      assert.match(await running(), /sleep 4321/);
    }
    await eventually(async () => assert.doesNotMatch(await running(), /sleep 4321/));
  });

  it('gives the sockets of its routers to whoever may enter it', async () => {
    const { pid } = await test.lab.status();
    const socket = `/proc/${pid}/root/run/anycast-lab/top/bird.ctl`;
    const sessions = await establishedSessions(socket, AbortSignal.timeout(2000));
    assert.deepEqual([...sessions].sort(), [
      'east_v4',
      'east_v6',
      'hosting_v4',
      'hosting_v6',
      'west_v4',
      'west_v6',
    ]);
  });
});
