import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capabilitiesIn, openFilesIn } from '../../../src/doctor/host/process-rights.ts';
import { programName } from '../../../src/doctor/host/processes.ts';
import { sysctlName } from '../../../src/doctor/host/sysctl.ts';
import { captured } from '../captured.ts';

describe("a process's rights", () => {
  it('are its effective capabilities, not those it could ask for', () => {
    const status = 'CapPrm:\t000001fffeffffff\nCapEff:\t0000000000001400\n';
    assert.deepEqual([...capabilitiesIn(status)].sort(), ['CAP_NET_ADMIN', 'CAP_NET_BIND_SERVICE']);
    assert.deepEqual([...capabilitiesIn('CapEff:\t0000000000000000\n')], []);
  });

  it('have the soft limit of open files, which may be none', () => {
    assert.equal(openFilesIn(captured('proc-limits.txt')), 20_000);
    assert.equal(openFilesIn('Max open files            unlimited            unlimited'), Infinity);
    assert.equal(openFilesIn(''), undefined);
  });
});

describe('a process', () => {
  it("of the kit is named by its verb, since all of Node's processes are called alike", () => {
    assert.equal(
      programName(
        ['/usr/bin/node', '--no-warnings', '/opt/anycast/src/main.ts', 'resolver', '-p', 'fra'],
        'MainThread',
      ),
      'anycast resolver',
    );
  });

  it('is named by its program, without folder or title', () => {
    assert.equal(programName(['/usr/sbin/named', '-f'], 'named'), 'named');
    assert.equal(programName(['nginx: master process'], 'nginx'), 'nginx:');
    assert.equal(programName([], 'kthreadd'), 'kthreadd');
  });
});

describe("a setting's name", () => {
  it('has a slash for a dot inside an interface name, as sysctl(8) takes it', () => {
    assert.equal(
      sysctlName(['net', 'ipv4', 'conf', 'eth0.100', 'rp_filter']),
      'net.ipv4.conf.eth0/100.rp_filter',
    );
  });
});
