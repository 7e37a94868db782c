import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Server } from '../../../src/resolver/exchange/server.ts';
import { ip } from './authorities-under-test.ts';

function server(): Server {
  return new Server({ address: ip('198.51.100.7'), port: 53, source: ip('198.51.100.1') });
}

describe('what is known of a server', () => {
  it('begins with a time-out of 376 ms, and no opinion', () => {
    assert.deepEqual(server().status(0), {
      address: '198.51.100.7',
      state: 'untried',
      rttMs: null,
      timeoutMs: 376,
      speaksEdns: true,
      keepsCase: true,
      lameZones: 0,
    });
  });

  it('is the round-trip time and its variance as in RFC 6298', () => {
    const each = server();
    each.answered(100);
    assert.equal(each.timeoutMs, 100 + 4 * 50);
    each.answered(180);
    // Variance 3/4 of 50 and 1/4 of 80, then the mean moves an eighth of the way.
    assert.equal(each.timeoutMs, 110 + 4 * 57.5);
    for (let times = 0; times < 200; times += 1) each.answered(2);
    assert.equal(each.timeoutMs, 50);
  });

  it('doubles the time-out with each silence until it answers, and waits a second for one that is down', () => {
    const each = server();
    const timeouts: number[] = [];
    for (let silence = 0; silence < 5; silence += 1) {
      timeouts.push(each.timeoutMs);
      each.keptSilent(0, each.silences);
    }
    assert.deepEqual(timeouts, [376, 752, 1504, 1000, 1000]);
    each.answered();
    assert.equal(each.timeoutMs, 376);
  });

  it('counts questions that left together and got no answer as one silence', () => {
    const each = server();
    for (let question = 0; question < 100; question += 1) each.keptSilent(0, 0);
    assert.equal(each.silences, 1);
    assert.equal(each.isDown, false);
  });

  it('says yes to a probe once per back-off, which doubles up to a minute', () => {
    const each = server();
    for (let silence = 0; silence < 3; silence += 1) each.keptSilent(0, each.silences);
    assert.equal(each.isDown, true);
    const claims: number[] = [];
    for (let now = 0; claims.length < 8; now += 100) {
      if (!each.claimProbe(now)) continue;
      claims.push(now);
      each.keptSilent(now, each.silences);
    }
    assert.deepEqual(
      claims.map((at, index) => at - (claims[index - 1] ?? 0)),
      [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000],
    );
  });

  it('is lame for a zone for five minutes, and for 64 zones at most', () => {
    const each = server();
    each.wasLame('zone', 0);
    assert.equal(each.isLame('zone', 299_999), true);
    assert.equal(each.isLame('other', 0), false);
    assert.equal(each.isLame('zone', 300_000), false);
    for (let zone = 0; zone < 100; zone += 1) each.wasLame(`zone${zone}`, 0);
    assert.equal(each.status(0).lameZones, 64);
    assert.equal(each.isLame('zone99', 1), true);
    assert.equal(each.isLame('zone0', 1), false);
  });

  it('forgets after an hour what it could not do', () => {
    const each = server();
    each.refusedEdns(0);
    each.lostCase(0, true);
    assert.deepEqual([each.speaksEdns(3_599_999), each.keepsCase(3_599_999)], [false, false]);
    assert.deepEqual([each.speaksEdns(3_600_000), each.keepsCase(3_600_000)], [true, true]);
  });
});
