import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { judgeBfd } from '../../../src/doctor/examinations/bfd.ts';
import { judgeRestart } from '../../../src/doctor/examinations/graceful-restart.ts';
import { judgePrefixes } from '../../../src/doctor/examinations/prefixes.ts';
import { judgeProgram, versionIn } from '../../../src/doctor/examinations/router.ts';
import { judgeSessions } from '../../../src/doctor/examinations/sessions.ts';
import type { SeenSession } from '../../../src/doctor/router-probe.ts';
import { birdProbe } from '../../../src/doctor/routers/bird.ts';
import { gobgpProbe } from '../../../src/doctor/routers/gobgp.ts';
import { birdSessionsIn } from '../../../src/doctor/sessions/bird-sessions.ts';
import { peeringYaml } from '../../support/peering.ts';
import { capturedReply } from '../captured.ts';

function sliceOf(yaml: string) {
  return popOf(parseConfig(yaml, 'test', { checks: {}, drivers: ['bird', 'gobgp'] }), 'fra');
}

const slice = sliceOf(peeringYaml);
const [up, withoutBfd] = birdSessionsIn(
  capturedReply('bird-protocols-all.txt'),
  capturedReply('bird-bfd-sessions.txt'),
) as [SeenSession, SeenSession];
const show = ({ id }: SeenSession) => `show ${id}`;

describe('sessions', () => {
  const [v4, v6] = [up, withoutBfd];
  const verdicts = (seen: readonly SeenSession[]) =>
    judgeSessions(slice, seen, show).map(({ verdict }) => verdict);

  it('are right when every session of anycast.yaml is established', () => {
    assert.deepEqual(verdicts([v4, v6]), ['pass', 'pass']);
  });

  it('fail when one is not established, or not known to the router at all', () => {
    assert.deepEqual(verdicts([{ ...v4, isEstablished: false }, v6]), ['fail', 'pass']);
    assert.deepEqual(verdicts([v4]), ['pass', 'fail']);
  });

  it('fail with a hold time of 0, which is for ever', () => {
    assert.deepEqual(verdicts([{ ...v4, holdSeconds: 0 }, v6]), ['fail', 'pass']);
  });

  it('name what must be set at both ends where the session does not come up', () => {
    const [finding] = judgeSessions(slice, [{ ...v4, isEstablished: false, detail: 'Active' }, v6], show);
    assert.deepEqual(finding?.remedies, [
      { run: 'show isp_eu_v4' },
      { advice: 'GTSM and the password must be set at the neighbour too' },
    ]);
  });
});

describe('BFD', () => {
  it('is right when it is up, and says how soon silence is noticed', () => {
    assert.match(judgeBfd(slice, up, 'bird').said, /300 ms/);
  });

  it('is a warning when the neighbour has none, and says what the hold time then means', () => {
    const finding = judgeBfd(slice, withoutBfd, 'bird');
    assert.equal(finding.verdict, 'warn');
    assert.match(finding.said, /the neighbour has none.*after 9 s/);
  });

  it('is a warning where anycast.yaml has it off, and where the router has none', () => {
    const off = sliceOf(`${peeringYaml}bgp: { bfd: off }\n`);
    assert.match(judgeBfd(off, { ...up, bfd: 'none' }, 'bird').said, /off in anycast\.yaml/);
    assert.match(judgeBfd(slice, { ...up, bfd: 'none' }, 'gobgp').said, /this router runs no BFD/);
  });
});

describe('graceful restart', () => {
  it('is right when only the neighbour offers it', () => {
    assert.equal(judgeRestart(withoutBfd).verdict, 'pass');
    assert.match(judgeRestart(withoutBfd).said, /the neighbour speaks graceful restart and long-lived/);
  });

  it('is a warning when our own router offers it, and not when it only offers to help', () => {
    const ours = (seconds: number, longLived = false) =>
      judgeRestart({ ...up, restart: { ...up.restart, ours: { seconds, longLived } } }).verdict;
    assert.equal(ours(120), 'warn');
    assert.equal(ours(0), 'pass');
    assert.equal(ours(0, true), 'warn');
  });
});

describe('a router', () => {
  it('is known by the version it prints', () => {
    assert.equal(versionIn('BIRD version 2.0.12\n'), '2.0.12');
    assert.equal(versionIn('gobgpd version 3.10.0\n'), '3.10.0');
  });

  it('fails when it is too old or missing, and is a warning in an untested major version', () => {
    const verdict = (version: string | undefined, probe = birdProbe) =>
      judgeProgram(probe, version, slice).verdict;
    assert.equal(verdict('2.0.12'), 'pass');
    assert.equal(verdict('2.17.1'), 'pass');
    assert.equal(verdict('2.0.9'), 'fail');
    assert.equal(verdict('1.6.8'), 'fail');
    assert.equal(verdict('3.1.0'), 'warn');
    assert.equal(verdict(undefined), 'fail');
    assert.equal(verdict('3.10.0', gobgpProbe), 'pass');
    assert.equal(verdict('4.0.0', gobgpProbe), 'warn');
  });
});

describe('prefixes', () => {
  /** Without the finding that all addresses here are for examples, which has a test of its own. */
  const judged = (service: string) => {
    const yaml = peeringYaml.replace(/service:\n[\s\S]*?\n {2}asn: 64500/, service);
    return judgePrefixes(sliceOf(yaml).config.service)
      .filter(({ about }) => about !== 'for examples only')
      .map(({ verdict }) => verdict);
  };
  const addresses = 'service:\n  addresses: [203.0.113.53]\n  asn: 64500';

  it('fail when nothing but a /32 is announced, which most networks refuse', () => {
    assert.deepEqual(judged(addresses), ['fail']);
  });

  it('are a warning when the /32 stays at the neighbours and nothing covers it', () => {
    assert.deepEqual(judged(`${addresses}\n  announce: { communities: [no-export] }`), ['warn']);
  });

  it('fail when the fallback itself is longer than a /24', () => {
    assert.deepEqual(judged(`${addresses}\n  fallback: [203.0.113.0/25]`), ['fail']);
  });

  it('are a warning with a fallback and without no-export, and right with both', () => {
    assert.deepEqual(judged(`${addresses}\n  fallback: [203.0.113.0/24]`), ['warn']);
    const both = `${addresses}\n  fallback: [203.0.113.0/24]\n  announce: { communities: [no-export] }`;
    assert.deepEqual(judged(both), ['pass']);
  });

  it('of private address space have no such limits', () => {
    assert.deepEqual(judged('service:\n  addresses: [10.1.1.1, "fd00::53"]\n  asn: 64512'), ['pass', 'pass']);
  });

  it('of example space are said to be so', () => {
    assert.equal(judgePrefixes(slice.config.service).at(-1)?.about, 'for examples only');
  });
});
