import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { judgePort, type Ownership, wantsOf } from '../../../src/doctor/examinations/ports.ts';
import type { ListeningSocket } from '../../../src/doctor/host/listening-sockets.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { peeringYaml } from '../../support/peering.ts';

const slice = popOf(parseConfig(peeringYaml, 'test', { checks: {}, drivers: ['bird'] }), 'fra');
const wants = wantsOf(slice);
const [dns] = wants as [(typeof wants)[number]];
const socket = (address: string): ListeningSocket => ({
  transport: 'udp',
  address: parseIpAddress(address) as NonNullable<ReturnType<typeof parseIpAddress>>,
  port: 53,
  uid: 101,
  inode: 7,
});
const owned = (program: string, isOurs = false): Ownership => ({
  owners: new Map([[7, { pid: 42, program, argv: [program] }]]),
  whose: () => (isOurs ? 'ours' : 'a stranger'),
});

describe('ports', () => {
  it('that a PoP wants are DNS, BGP, BFD and two pages of metrics', () => {
    assert.deepEqual(
      wants.map(({ about }) => about),
      ['DNS 53', 'BGP 179', 'BFD 3784', 'metrics 9153', 'metrics 9154'],
    );
  });

  it('are free while nobody listens, or only elsewhere', () => {
    assert.equal(judgePort(dns, [], owned('named'))[0]?.said, 'free (udp, tcp)');
    assert.equal(judgePort(dns, [socket('127.0.0.53')], owned('systemd-resolve'))[0]?.verdict, 'pass');
  });

  it("are right in the hands of the PoP's own process", () => {
    assert.match(judgePort(dns, [socket('203.0.113.53')], owned('anycast', true))[0]?.said ?? '', /^held by/);
  });

  it('fail in the hands of another, with the command that frees them where the program is known', () => {
    const [finding] = judgePort(dns, [socket('0.0.0.0')], owned('unbound'));
    assert.equal(finding?.verdict, 'fail');
    assert.equal(finding.said, 'taken by unbound (process 42): udp on every address');
    assert.deepEqual(finding.remedies, [{ run: 'systemctl disable --now unbound' }]);
  });

  it('taken by systemd-resolved are given back by its stub listener', () => {
    const [finding] = judgePort(dns, [socket('0.0.0.0')], owned('systemd-resolved'));
    assert.match(JSON.stringify(finding?.remedies), /DNSStubListener=no/);
  });

  it('taken by a process that this user may not see name its user, and how to see more', () => {
    const hidden: Ownership = { owners: new Map(), whose: () => 'a stranger' };
    const [finding] = judgePort(dns, [socket('0.0.0.0')], hidden);
    assert.match(finding?.said ?? '', /a process of user 101/);
    assert.deepEqual(finding?.remedies, [{ run: "sudo ss -lnput 'sport = :53'" }]);
  });

  it('are skipped where this user may neither see the owner nor ask the process that should be it', () => {
    const closed: Ownership = { owners: new Map(), whose: () => 'unknown' };
    const [finding] = judgePort(dns, [socket('203.0.113.53')], closed);
    assert.equal(finding?.verdict, 'skip');
    assert.match(finding.said, /may not see whether it is the resolver/);
  });
});
