import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HostReport } from '../../src/doctor/examine-host.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { type RunResult, run } from '../../src/system/run.ts';
import { eventually } from '../support/eventually.ts';
import { openPeering, type Peering, peeringYaml } from '../support/peering.ts';
import { openSandbox, type SandboxProcess, whyNoSandbox } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const main = resolve('src/main.ts');
const doctor = [process.execPath, main, 'doctor'] as const;
const skip = (await whyNoSandbox('bird', 'nft')) ?? false;

function reportIn({ stdout, stderr }: RunResult): HostReport {
  assert.equal(stderr, '');
  return JSON.parse(stdout) as HostReport;
}

function findingsOf(report: HostReport, examination: string): readonly Finding[] {
  const found = report.examinations.find(({ name }) => name === examination);
  assert.ok(found, `${examination} has left a trace`);
  return found.findings;
}

/** `verdict about` of each finding. */
function verdicts(report: HostReport, examination: string): string[] {
  return findingsOf(report, examination).map(({ verdict, about }) => `${verdict} ${about}`);
}

describe('the doctor at a PoP', { skip }, () => {
  let peering: Peering;
  const examine = async (...more: string[]): Promise<{ report: HostReport; exitCode: number }> => {
    const place = ['--config', peering.configPath, '--run-dir', peering.runDirectory];
    const result = await peering.sandbox.exec([...doctor, ...place, '--json', ...more], 'pop');
    return { report: reportIn(result), exitCode: result.exitCode };
  };
  const inPop = async (...argv: [string, ...string[]]): Promise<void> => {
    const { exitCode, stderr } = await peering.sandbox.exec(argv, 'pop');
    assert.equal(exitCode, 0, stderr);
  };
  /** Starts a program that takes a port, and waits until it has. */
  const take = async (script: string): Promise<SandboxProcess> => {
    const started = peering.sandbox.spawn([process.execPath, '-e', script], 'pop');
    await eventually(() => assert.deepEqual(started.output, ['taken']));
    return started;
  };

  before(async () => {
    peering = await openPeering();
    await inPop('ip', 'address', 'add', '2001:db8:53::53/128', 'dev', 'lo', 'nodad');
  });
  after(async () => await peering[Symbol.asyncDispose]());

  it('recognises the PoP by its management address, and looks at what is to be while no router runs', async () => {
    const { report } = await examine();
    assert.equal(report.pop, 'fra');
    assert.deepEqual(verdicts(report, 'management-address'), ['pass 198.18.1.6', 'pass 2001:db8:1:1::2']);
    assert.deepEqual(verdicts(report, 'service-address'), ['pass 203.0.113.53', 'pass 2001:db8:53::53']);
    assert.deepEqual(verdicts(report, 'router'), ['pass bird', 'skip control socket']);
    assert.deepEqual(verdicts(report, 'mtu'), ['pass isp-eu IPv4', 'pass isp-eu IPv6']);
    assert.ok(findingsOf(report, 'ports').every(({ verdict }) => verdict === 'pass'));
  });

  it('finds nothing that fails at a sound PoP whose router runs, and says so by its exit code', async () => {
    await peering.startBird();
    // BFD of one family may still be coming up, and its first breath may take the session down once.
    const { report } = await eventually(
      async () => {
        const examined = await examine();
        const states = [...verdicts(examined.report, 'sessions'), ...verdicts(examined.report, 'bfd')];
        assert.deepEqual(
          states.filter(state => state.startsWith('pass')),
          ['pass isp-eu IPv4', 'pass isp-eu IPv6', 'pass isp-eu IPv4', 'pass isp-eu IPv6'],
        );
        assert.equal(examined.exitCode, 0);
        return examined;
      },
      { within: 20_000, every: 500 },
    );
    assert.equal(report.counts.fail, 0);
    assert.deepEqual(verdicts(report, 'router'), ['pass bird', 'pass control socket']);
    assert.deepEqual(verdicts(report, 'ports').slice(1, 3), ['pass BGP 179', 'pass BFD 3784']);
    assert.ok(findingsOf(report, 'graceful-restart').every(({ verdict }) => verdict === 'pass'));
  });

  it('fails on a warning only when it is to be strict', async () => {
    const { report, exitCode } = await examine('--strict');
    assert.ok(report.counts.warn > 0);
    assert.equal(exitCode, 1);
  });

  it('finds a strict reverse-path filter, and its remedy remedies it', async () => {
    await inPop('sysctl', '-qw', 'net.ipv4.conf.up0.rp_filter=1');
    const [strict] = findingsOf((await examine()).report, 'reverse-path');
    assert.equal(strict?.verdict, 'warn');
    const [remedy] = strict.remedies;
    assert.ok(remedy && 'run' in remedy);
    await inPop('sh', '-c', remedy.run);
    assert.deepEqual(verdicts((await examine()).report, 'reverse-path'), ['pass rp_filter up0']);
  });

  it('finds a service address that is missing, or on the wrong interface, and its remedies remedy it', async () => {
    await inPop('ip', 'address', 'del', '203.0.113.53/32', 'dev', 'lo');
    assert.deepEqual(verdicts((await examine()).report, 'service-address'), [
      'warn 203.0.113.53',
      'pass 2001:db8:53::53',
    ]);
    await inPop('ip', 'address', 'add', '203.0.113.53/24', 'dev', 'up0');
    const { report, exitCode } = await examine();
    assert.equal(exitCode, 1);
    const [misplaced] = findingsOf(report, 'service-address');
    assert.equal(misplaced?.verdict, 'fail');
    for (const remedy of misplaced.remedies) if ('run' in remedy) await inPop('sh', '-c', remedy.run);
    assert.deepEqual(verdicts((await examine()).report, 'service-address'), [
      'pass 203.0.113.53',
      'pass 2001:db8:53::53',
    ]);
  });

  it('finds who has taken port 53', async () => {
    const taker = await take(
      "require('node:dgram').createSocket('udp4').bind(53, () => console.log('taken'))",
    );
    const { report, exitCode } = await examine();
    const [dns] = findingsOf(report, 'ports');
    assert.equal(dns?.verdict, 'fail');
    assert.match(dns.said, /^taken by node \(process \d+\): udp on every address$/);
    assert.equal(exitCode, 1);
    await taker.kill('SIGKILL');
    await taker.exited;
  });

  it('does not mind a listener on a loopback address, such as a stub resolver', async () => {
    const taker = await take(
      "require('node:dgram').createSocket('udp4').bind(53, '127.0.0.53', () => console.log('taken'))",
    );
    assert.equal(findingsOf((await examine()).report, 'ports')[0]?.verdict, 'pass');
    await taker.kill('SIGKILL');
    await taker.exited;
  });

  it('finds a small MTU towards a neighbour', async () => {
    await inPop('ip', 'link', 'set', 'up0', 'mtu', '1400');
    assert.deepEqual(verdicts((await examine()).report, 'mtu'), ['warn isp-eu IPv4', 'warn isp-eu IPv6']);
    await inPop('ip', 'link', 'set', 'up0', 'mtu', '1500');
  });

  it('finds a firewall that tracks queries, and its remedies leave them out', async () => {
    await inPop('nft', 'add', 'table', 'inet', 'wall');
    await inPop('nft', 'add chain inet wall in { type filter hook input priority 0; }');
    await inPop('nft', 'add rule inet wall in ct state established accept');
    const [tracked] = findingsOf((await examine()).report, 'conntrack');
    assert.equal(tracked?.verdict, 'warn');
    for (const remedy of tracked.remedies) if ('run' in remedy) await inPop('sh', '-c', remedy.run);
    assert.deepEqual(verdicts((await examine()).report, 'conntrack'), ['pass port 53']);
  });

  it('finds a session that is down', async () => {
    await peering.askNeighbour('disable pop_v6');
    await eventually(
      async () => {
        const { report, exitCode } = await examine();
        assert.deepEqual(verdicts(report, 'sessions'), ['pass isp-eu IPv4', 'fail isp-eu IPv6']);
        assert.equal(exitCode, 1);
      },
      { within: 20_000, every: 500 },
    );
  });

  it('finds a stale socket of a process that was killed', async () => {
    await writeFile(join(peering.runDirectory, 'agent.sock'), '');
    assert.ok(verdicts((await examine()).report, 'processes').includes('fail agent'));
  });
});

describe('the doctor at a host with no part in a deployment', { skip }, () => {
  it('looks at the host alone, and says what it left out and why', async () => {
    await using sandbox = await openSandbox();
    await using folder = await temporaryFolder();
    const script = `cd ${folder.path} && exec "$@"`;
    const result = await sandbox.exec(['sh', '-c', script, 'sh', ...doctor, '--json']);
    const report = reportIn(result);
    assert.equal(report.pop, undefined);
    assert.deepEqual(verdicts(report, 'configuration'), ['skip anycast.yaml']);
    for (const name of ['service-address', 'sessions', 'bfd', 'prefixes'])
      assert.deepEqual(
        findingsOf(report, name).map(({ verdict, said }) => [verdict, said]),
        [['skip', 'no configuration']],
      );
    assert.deepEqual(verdicts(report, 'runtime'), ['pass Node', 'pass ip', 'pass setpriv']);
  });

  it('fails by a configuration that is refused, names its line, and looks at the host all the same', async () => {
    await using sandbox = await openSandbox();
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'anycast.yaml');
    await writeFile(path, peeringYaml.replace('checks: {}', 'check: {}'));
    const result = await sandbox.exec([...doctor, '--json', '--config', path]);
    const report = reportIn(result);
    assert.equal(result.exitCode, 1);
    const [refused] = findingsOf(report, 'configuration');
    assert.equal(refused?.verdict, 'fail');
    assert.match(refused.said, /anycast\.yaml:\d+: check: unknown key/);
    assert.equal(findingsOf(report, 'runtime')[0]?.verdict, 'pass');
  });
});

const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] as const;

/** Only root becomes another user, who must be able to read this very tree. */
async function whyNotNobody(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'this test becomes another user, as only root can';
  const { exitCode } = await run([...asNobody, 'test', '-r', main, '-a', '-x', process.execPath]);
  return exitCode === 0 ? undefined : 'another user cannot read these sources';
}
describe('the doctor of an ordinary user', { skip: (await whyNotNobody()) ?? false }, () => {
  it('warns of what this user has no right to, guesses nothing, and ends well', async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    const result = await run([...asNobody, ...doctor, '--json'], { cwd: folder.path });
    const report = reportIn(result);
    assert.deepEqual(verdicts(report, 'permissions').at(0), 'warn agent');
    assert.deepEqual(verdicts(report, 'run-directory'), ['warn /run/anycast']);
    const broken = report.examinations.flatMap(({ findings }) =>
      findings.filter(({ said }) => said.startsWith('could not look')),
    );
    assert.deepEqual(broken, []);
  });
});
