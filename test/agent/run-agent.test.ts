import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AgentReport, Explanation } from '../../src/agent/agent-report.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox, type SandboxProcess, whyNoSandbox } from '../support/sandbox.ts';
import { startBeating } from '../support/start-beating.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const skip = (await whyNoSandbox()) ?? false;

const yaml = `
service: { addresses: [203.0.113.53, "2001:db8:53::53"], asn: 64500 }
resolver: { forward: [{ zone: ., upstreams: [198.18.7.6] }] }
checks: { liveness: { kind: liveness } }
drain: { quiet: 200ms, timeout: 5s }
pops:
  fra:
    management: [198.18.1.6]
    routerId: 198.18.1.6
    driver: memory
    neighbours: [{ name: memory, asn: 64501, sessions: [{ local: 198.18.1.6, remote: 198.18.1.5 }] }]
`;

const anycast = [process.execPath, fileURLToPath(new URL('../../src/main.ts', import.meta.url))] as const;

/** A PoP of its own: a network with the management address, a configuration, and its run directory. */
interface PopHost extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly folder: string;
  agent(): SandboxProcess;
  /** Runs a verb to its end. */
  verb(name: string, ...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
}

async function popHost(managementAddress = '198.18.1.6'): Promise<PopHost> {
  const folder = await temporaryFolder();
  const sandbox = await openSandbox();
  await writeFile(`${folder.path}/anycast.yaml`, yaml);
  await sandbox.exec(['ip', 'netns', 'add', 'fra']);
  await sandbox.exec(['ip', '-n', 'fra', 'link', 'set', 'lo', 'up']);
  await sandbox.exec(['ip', '-n', 'fra', 'address', 'add', `${managementAddress}/32`, 'dev', 'lo']);
  const options = ['--config', `${folder.path}/anycast.yaml`, '--pop', 'fra', '--run-dir', folder.path];
  return {
    sandbox,
    folder: folder.path,
    agent: () => sandbox.spawn([...anycast, 'agent', ...options], 'fra'),
    verb: (name, ...args) => sandbox.exec([...anycast, name, ...options, ...args], 'fra'),
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('anycast agent and the verbs that talk to it', { skip }, () => {
  it('announce, explain a killed resolver, drain, undrain, and end in good order', async () => {
    await using host = await popHost();
    await using resolver = await startBeating(host.folder);
    const agent = host.agent();
    await eventually(
      async () => {
        const { exitCode, stdout } = await host.verb('status');
        assert.equal(exitCode, 0, agent.output.join('\n'));
        assert.match(stdout, /^fra {2}announcing: all checks up$/m);
        assert.match(stdout, /^ {12}203\.0\.113\.53\/32 {2}to memory$/m);
      },
      { within: 20_000 },
    );

    const metrics = await host.sandbox.exec(
      [
        process.execPath,
        '-e',
        `fetch('http://198.18.1.6:9154/metrics').then(r => r.text()).then(t => console.log(t))`,
      ],
      'fra',
    );
    assert.match(metrics.stdout, /^anycast_agent_announced\{prefix="203\.0\.113\.53\/32"\} 1$/m);
    assert.match(metrics.stdout, /^anycast_check_state\{check="liveness",state="up"\} 1$/m);

    resolver.kill('SIGKILL');
    const explanation = await eventually(async () => {
      const { stdout } = await host.verb('explain', '--json');
      const explained: Explanation = JSON.parse(stdout);
      assert.match(explained.decision.reason, /^withdrawn: liveness: resolver process gone/);
      assert.equal(explained.observation.asDecided, true);
      return explained;
    });
    const kinds = explanation.events.map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(kinds.lastIndexOf('check-state')), [
      'check-state',
      'service-state',
      'damping',
      'decision',
      'applied',
      'observed',
    ]);
    const sick = await host.verb('status');
    assert.equal(sick.exitCode, 1);
    const text = await host.verb('explain');
    assert.match(text.stdout, /check-state +liveness: up -> down: resolver process gone/);

    await using _successor = await startBeating(host.folder);
    await eventually(async () => assert.equal((await host.verb('status')).exitCode, 0));

    const drained = await host.verb('drain');
    assert.equal(drained.exitCode, 0, drained.stderr);
    assert.match(
      drained.stdout,
      /^fra: draining\n {2}withdrawn .*\n {2}quiet .*\n {2}address-removed .*\nfra is drained; /,
    );
    const shown = await host.sandbox.exec(['ip', '-n', 'fra', 'address', 'show', 'dev', 'lo']);
    assert.doesNotMatch(shown.stdout, /203\.0\.113\.53/);
    const status: AgentReport = JSON.parse((await host.verb('status', '--json')).stdout);
    assert.deepEqual([status.intent.kind, status.drain], ['drain', 'address-removed']);

    const undrained = await host.verb('undrain', '--json');
    assert.equal(undrained.exitCode, 0, undrained.stderr);
    assert.equal(JSON.parse(undrained.stdout).announced, true);

    await agent.kill('SIGTERM');
    assert.equal(await agent.exited, 0);
    assert.match(agent.output.at(-1) ?? '', /"withdrawalSeen":true/);
  });

  it('tell in one line when there is no agent, or one of another PoP', async () => {
    await using host = await popHost();
    const { exitCode, stderr } = await host.verb('status');
    assert.equal(exitCode, 69);
    assert.match(
      stderr,
      /^anycast: no agent is running: nobody listens on .*agent\.sock\n {2}start it with /,
    );
  });

  it('announce nothing when the management address is missing: the agent ends with a hint', async () => {
    await using host = await popHost('198.18.1.7');
    const agent = host.agent();
    assert.equal(await agent.exited, 71);
    assert.match(agent.output.join('\n'), /cannot serve metrics on 198\.18\.1\.6 port 9154/);
    const shown = await host.sandbox.exec(['ip', '-n', 'fra', 'address', 'show', 'dev', 'lo']);
    assert.doesNotMatch(shown.stdout, /203\.0\.113\.53/);
  });

  it('let no second agent of the same PoP near the router', async () => {
    await using host = await popHost();
    const first = host.agent();
    await eventually(async () => assert.notEqual((await host.verb('status')).exitCode, 69), {
      within: 20_000,
    });
    const second = host.agent();
    assert.equal(await second.exited, 1);
    assert.match(second.output.join('\n'), /another process serves .*agent\.sock/);
    await first.kill('SIGTERM');
    assert.equal(await first.exited, 0);
  });

  it('keep a drain over a restart', async () => {
    await using host = await popHost();
    await using _resolver = await startBeating(host.folder);
    const first = host.agent();
    await eventually(async () => assert.equal((await host.verb('status')).exitCode, 0), { within: 20_000 });
    assert.equal((await host.verb('drain')).exitCode, 0);
    await first.kill('SIGKILL');
    await first.exited;
    assert.match(await readFile(`${host.folder}/intent.json`, 'utf8'), /"drain"/);
    const second = host.agent();
    await eventually(
      async () => {
        const { stdout } = await host.verb('status');
        assert.match(stdout, /^fra {2}withdrawn: drained by operator since /m, second.output.join('\n'));
      },
      { within: 20_000 },
    );
  });
});
