import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig, popOf } from '../../../src/config/load-config.ts';
import { birdSessionsIn, birdVersionIn } from '../../../src/doctor/sessions/bird-sessions.ts';
import { gobgpSessionsIn } from '../../../src/doctor/sessions/gobgp-sessions.ts';
import { peeringYaml } from '../../support/peering.ts';
import { captured, capturedReply } from '../captured.ts';

describe('sessions in what BIRD 2.0.12 says', () => {
  const sessions = birdSessionsIn(
    capturedReply('bird-protocols-all.txt'),
    capturedReply('bird-bfd-sessions.txt'),
  );

  it('are its BGP protocols, with the hold time that both sides agreed on', () => {
    assert.deepEqual(
      sessions.map(({ id, isEstablished, holdSeconds }) => [id, isEstablished, holdSeconds]),
      [
        ['isp_eu_v4', true, 9],
        ['isp_eu_v6', true, 9],
        ['isp_as_v4', false, undefined],
      ],
    );
  });

  it('show a neighbour without BFD: down although the session is established', () => {
    assert.deepEqual(
      sessions.map(({ id, bfd, bfdTimeoutMs }) => [id, bfd, bfdTimeoutMs]),
      [
        ['isp_eu_v4', 'up', 300],
        ['isp_eu_v6', 'down', undefined],
        ['isp_as_v4', 'none', undefined],
      ],
    );
  });

  it('tell a neighbour that restarts gracefully from one that only helps', () => {
    const [helps, restarts] = sessions;
    assert.deepEqual(helps?.restart, {
      ours: { longLived: false },
      neighbours: { seconds: 0, longLived: false },
    });
    assert.deepEqual(restarts?.restart, {
      ours: { longLived: false },
      neighbours: { seconds: 120, longLived: true },
    });
  });

  it('come with the version of the daemon that runs', () => {
    assert.equal(birdVersionIn(capturedReply('bird-status.txt')), '2.0.12');
  });
});

describe('sessions in what GoBGP 3.10 says', () => {
  const { pops, ...rest } = parseConfig(peeringYaml, 'test', { checks: {}, drivers: ['bird'] });
  const sessions = gobgpSessionsIn(captured('gobgp-neighbor.json'), popOf({ ...rest, pops }, 'fra'));

  it('are those of the neighbours that anycast.yaml names, by address', () => {
    assert.deepEqual(
      sessions.map(({ neighbour, family, isEstablished, holdSeconds }) => [
        neighbour,
        family,
        isEstablished,
        holdSeconds,
      ]),
      [
        ['isp-eu', 4, true, 9],
        ['isp-eu', 6, true, 90],
      ],
    );
  });

  it('tell a neighbour that restarts gracefully from one that only helps, out of the encoded capability', () => {
    assert.deepEqual(
      sessions.map(({ restart }) => restart.neighbours),
      [
        { seconds: 0, longLived: false },
        { seconds: 120, longLived: true },
      ],
    );
  });

  it('are a fault where GoBGP prints one', () => {
    const slice = popOf({ ...rest, pops }, 'fra');
    assert.throws(() => gobgpSessionsIn('{"error":"context deadline exceeded"}', slice), /deadline/);
  });
});
