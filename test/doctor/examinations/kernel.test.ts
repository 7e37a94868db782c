import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeClock } from '../../../src/doctor/examinations/clock.ts';
import { judgeConntrack } from '../../../src/doctor/examinations/conntrack.ts';
import {
  judgeMtuProbing,
  judgeMultipathHash,
  judgeNonlocalBind,
  judgePortRange,
} from '../../../src/doctor/examinations/kernel-settings.ts';
import { judgeLink, judgeMtu } from '../../../src/doctor/examinations/mtu.ts';
import { judgeOpenFiles } from '../../../src/doctor/examinations/open-files.ts';
import { judgeAtLeast, judgeBacklog, judgeDrops } from '../../../src/doctor/examinations/socket-buffers.ts';
import { captured } from '../captured.ts';

describe('socket buffers', () => {
  it('are too small below what the resolver asks for, and the remedy sets just that', () => {
    const judged = judgeAtLeast(['net', 'core', 'rmem_max'], 212_992, {
      wanted: 4_194_304,
      otherwise: 'lost',
    });
    assert.equal(judged.verdict, 'warn');
    assert.deepEqual(judged.remedies[0], { run: 'sysctl -w net.core.rmem_max=4194304' });
  });

  it('are skipped where the network namespace does not show them', () => {
    assert.equal(judgeBacklog(undefined, '').verdict, 'skip');
  });

  it('count packets that were dropped for want of room, in hexadecimal and of all processors', () => {
    const lines = '000003e9 00000000 00000000\n000015eb 00000010 00000001\n';
    assert.match(judgeBacklog(1000, lines).said, /16 packets/);
    assert.equal(judgeBacklog(1000, lines).verdict, 'warn');
    assert.equal(judgeBacklog(1000, '000003e9 00000000\n').verdict, 'pass');
  });

  it('count datagrams that found no buffer, and warn from one in a thousand', () => {
    const snmp = (received: number, dropped: number) =>
      `Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: ${received} 0 0 108 ${dropped} 0\n`;
    assert.equal(judgeDrops(snmp(100_000, 99)).verdict, 'pass');
    assert.equal(judgeDrops(snmp(100_000, 101)).verdict, 'warn');
    assert.equal(judgeDrops('').verdict, 'skip');
  });
});

describe('kernel settings', () => {
  it('leave the resolver enough source ports against forgery', () => {
    assert.equal(judgePortRange([32_768, 60_999]).verdict, 'pass');
    assert.equal(judgePortRange([50_000, 51_000]).verdict, 'warn');
    assert.equal(judgePortRange(undefined).verdict, 'skip');
  });

  it('need no bind to addresses that are not here', () => {
    assert.equal(judgeNonlocalBind('ipv4', 0).verdict, 'pass');
    assert.deepEqual(judgeNonlocalBind('ipv6', 1).remedies[0], {
      run: 'sysctl -w net.ipv6.ip_nonlocal_bind=0',
    });
  });

  it('find the path MTU by trying where messages may reach another PoP', () => {
    assert.equal(judgeMtuProbing(0).verdict, 'warn');
    assert.equal(judgeMtuProbing(1).verdict, 'pass');
  });

  it('judge the multipath hash only of a host that forwards', () => {
    assert.equal(judgeMultipathHash({ forwards: 0, policy: 0 }).verdict, 'pass');
    assert.equal(judgeMultipathHash({ forwards: 1, policy: 0 }).verdict, 'warn');
    assert.equal(judgeMultipathHash({ forwards: 1, policy: 1 }).verdict, 'pass');
  });
});

describe('connection tracking', () => {
  const rules = captured('nft-tracking-port-53-left-out.txt');
  const judged = (seen: Partial<Parameters<typeof judgeConntrack>[0]>) =>
    judgeConntrack({ count: 12, max: 262_144, rules, port: 53, ...seen }).verdict;

  it('is a warning when a rule tracks and none leaves port 53 out', () => {
    assert.equal(judged({ rules: rules.replaceAll(' notrack', ' accept') }), 'warn');
    assert.equal(judged({ port: 5353 }), 'warn');
  });

  it('is right with a notrack rule, with no rule that tracks, and without the module', () => {
    assert.equal(judged({}), 'pass');
    assert.equal(judged({ rules: 'table inet t {\n}\n' }), 'pass');
    assert.equal(judged({ count: undefined }), 'pass');
  });

  it('is skipped where flows are tracked and this user may not see the rules', () => {
    assert.equal(judged({ rules: undefined }), 'skip');
    assert.equal(judged({ rules: undefined, count: 0 }), 'pass');
  });
});

describe('the clock', () => {
  const chronyc = (leap: string) =>
    `C0000201,192.0.2.1,3,1790000000.0,0.0001,0.0001,0.0002,1.0,0.0,0.1,0.02,0.001,64.0,${leap}\n`;
  const judged = (seen: Partial<Parameters<typeof judgeClock>[0]>) =>
    judgeClock({ timedatectl: undefined, chronyc: undefined, timesyncd: false, ...seen }).verdict;

  it('is right when the kernel or chronyd says so', () => {
    assert.equal(judged({ timedatectl: 'NTP=yes\nNTPSynchronized=yes\n' }), 'pass');
    assert.equal(judged({ chronyc: chronyc('Normal') }), 'pass');
    assert.equal(judged({ timesyncd: true }), 'pass');
  });

  it('fails when they say that it is not, and is a warning when nobody says anything', () => {
    assert.equal(judged({ timedatectl: 'NTPSynchronized=no\n' }), 'fail');
    assert.equal(judged({ chronyc: chronyc('Not synchronised') }), 'fail');
    assert.equal(judged({}), 'warn');
  });
});

describe('a link', () => {
  it('fails below 1280 octets for IPv6, and is a warning below 1500', () => {
    assert.equal(judgeMtu('isp-eu IPv6', { mtu: 1279, family: 6 }).verdict, 'fail');
    assert.equal(judgeMtu('isp-eu IPv4', { mtu: 1279, family: 4 }).verdict, 'warn');
    assert.equal(judgeMtu('isp-eu IPv6', { mtu: 1400, family: 6 }).verdict, 'warn');
    assert.equal(judgeMtu('isp-eu IPv6', { mtu: 1500, family: 6 }).verdict, 'pass');
  });

  it('fails where no route leads, and is a warning where a router stands between', () => {
    const link = { about: 'isp-eu IPv4', family: 4 } as const;
    assert.equal(judgeLink(link, undefined, []).verdict, 'fail');
    assert.equal(judgeLink(link, { interface: 'up0', viaRouter: true }, []).verdict, 'warn');
  });
});

describe('open files', () => {
  it('are enough from 4096, and skipped where they do not show', () => {
    assert.equal(judgeOpenFiles(1024, 'the resolver').verdict, 'warn');
    assert.equal(judgeOpenFiles(4096, 'the resolver').verdict, 'pass');
    assert.equal(judgeOpenFiles(Number.POSITIVE_INFINITY, 'the resolver').verdict, 'pass');
    assert.equal(judgeOpenFiles(undefined, 'the resolver').verdict, 'skip');
  });
});
