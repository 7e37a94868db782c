import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSharedLan, judgeArp } from '../../../src/doctor/examinations/arp.ts';
import { judgeManagementAddress } from '../../../src/doctor/examinations/management-address.ts';
import { judgeReversePath } from '../../../src/doctor/examinations/reverse-path.ts';
import { judgeServiceAddress } from '../../../src/doctor/examinations/service-address.ts';
import type { Interface } from '../../../src/doctor/host/interfaces.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';

const address = (text: string) => parseIpAddress(text) as NonNullable<ReturnType<typeof parseIpAddress>>;
const service = address('203.0.113.53');

function withAddress(
  name: string,
  text: string,
  prefixLength: number,
  more: Partial<Interface> = {},
): Interface {
  const held = { address: address(text), prefixLength, scope: 'global', state: 'usable' } as const;
  return {
    name,
    mtu: 1500,
    isUp: true,
    isLoopback: name === 'lo',
    usesArp: name !== 'lo',
    addresses: [held],
    ...more,
  };
}

const commands = (findings: ReturnType<typeof judgeServiceAddress>) =>
  findings.flatMap(({ remedies }) => remedies.flatMap(remedy => ('run' in remedy ? [remedy.run] : [])));

describe('a service address', () => {
  it('is right on lo as a host address', () => {
    const [finding] = judgeServiceAddress(service, [withAddress('lo', '203.0.113.53', 32)], 'agent-serves');
    assert.equal(finding?.verdict, 'pass');
  });

  it('fails on another interface, with the commands that move it', () => {
    const found = judgeServiceAddress(service, [withAddress('eth0', '203.0.113.53', 24)], 'no-agent');
    assert.deepEqual(
      found.map(({ verdict }) => verdict),
      ['fail'],
    );
    assert.deepEqual(commands(found), [
      'ip address del 203.0.113.53/24 dev eth0',
      'ip address replace 203.0.113.53/32 dev lo',
    ]);
  });

  it('fails on lo with a whole prefix, since lo then takes every address of it', () => {
    const found = judgeServiceAddress(service, [withAddress('lo', '203.0.113.53', 24)], 'no-agent');
    assert.equal(found[0]?.verdict, 'fail');
    assert.match(found[0]?.said ?? '', /\/24/);
  });

  it('fails by its absence only while an agent serves; before that it is a warning, and right while drained', () => {
    const verdict = (owner: Parameters<typeof judgeServiceAddress>[2]) =>
      judgeServiceAddress(service, [], owner)[0]?.verdict;
    assert.equal(verdict('agent-serves'), 'fail');
    assert.equal(verdict('no-agent'), 'warn');
    assert.equal(verdict('agent-drained'), 'pass');
  });
});

describe('a management address', () => {
  it('fails when it is not here, on an interface that is down, or a duplicate', () => {
    const management = address('198.18.1.6');
    const verdict = (...interfaces: Interface[]) => judgeManagementAddress(management, interfaces).verdict;
    assert.equal(verdict(), 'fail');
    assert.equal(verdict(withAddress('up0', '198.18.1.6', 30, { isUp: false })), 'fail');
    assert.equal(verdict(withAddress('up0', '198.18.1.6', 30)), 'pass');
  });
});

describe('the reverse-path filter', () => {
  const judged = (all: number, own: number, interfaces = 2) =>
    judgeReversePath({ name: 'up0', all, own, interfaces });

  it('is what the larger of all and the interface says', () => {
    assert.equal(judged(0, 0).verdict, 'pass');
    assert.equal(judged(0, 1).verdict, 'fail');
    assert.equal(judged(1, 0).verdict, 'fail');
    assert.equal(judged(2, 1).verdict, 'pass');
    assert.equal(judged(1, 2).verdict, 'pass');
  });

  it('is a warning while there is one way out', () => {
    assert.equal(judged(1, 0, 1).verdict, 'warn');
  });

  it('is remedied by the larger number for all', () => {
    assert.deepEqual(judged(0, 1).remedies[0], { run: 'sysctl -w net.ipv4.conf.all.rp_filter=2' });
  });
});

describe('ARP', () => {
  it('matters on a LAN that others share, not on a link of two nor without IPv4', () => {
    assert.equal(isSharedLan(withAddress('eth0', '192.0.2.2', 24)), true);
    assert.equal(isSharedLan(withAddress('eth0', '192.0.2.2', 30)), false);
    assert.equal(isSharedLan(withAddress('eth0', '2001:db8::2', 64)), false);
  });

  it('is right with arp_ignore 1 and arp_announce 2, and a warning with either at its default', () => {
    const verdict = (ignore: number, announce: number) =>
      judgeArp({ name: 'eth0', ignore, announce }).verdict;
    assert.equal(verdict(1, 2), 'pass');
    assert.equal(verdict(0, 2), 'warn');
    assert.equal(verdict(1, 0), 'warn');
  });
});
