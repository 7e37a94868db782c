import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { catchmentOf, longestGapMs, lossesOf, tracksOf } from '../../../src/lab/prober/analysis.ts';
import { formatSample, isGood, parseSample, type Sample } from '../../../src/lab/prober/sample.ts';

/** One sample every 2 ms: `.` answered by fra, `n` answered by nyc, `x` lost, `r` refused by ICMP, `s` SERVFAIL. */
function samples(picture: string): Sample[] {
  return [...picture].map((mark, index) => {
    const sentMs = index * 2;
    if (mark === 'x') return { family: 4, sentMs };
    if (mark === 'r') return { family: 4, sentMs, refusedMs: sentMs + 0.2 };
    const pop = mark === 'n' ? 'nyc' : 'fra';
    return { family: 4, sentMs, answeredMs: sentMs + 0.5, rcode: mark === 's' ? 2 : 0, pop };
  });
}

describe('the longest gap', () => {
  it('is 0 when every query was answered, however unevenly they were sent', () => {
    assert.equal(longestGapMs(samples('..........')), 0);
    const uneven = [0, 2, 90, 92].map(sentMs => ({
      family: 4 as const,
      sentMs,
      answeredMs: sentMs + 1,
      rcode: 0,
    }));
    assert.equal(longestGapMs(uneven), 0);
  });

  it('runs from the last good query before a loss to the first good one after it', () => {
    assert.equal(longestGapMs(samples('...xxx...')), 8);
    assert.equal(longestGapMs(samples('.x.xx....')), 6);
  });

  it('counts a SERVFAIL as a loss', () => {
    assert.equal(longestGapMs(samples('..ss..')), 6);
  });

  it('counts losses at either end, and a track without any answer whole', () => {
    assert.equal(longestGapMs(samples('xx..')), 4);
    assert.equal(longestGapMs(samples('..xx')), 4);
    assert.equal(longestGapMs(samples('xxxx')), 6);
    assert.equal(longestGapMs([]), 0);
  });

  it('is never shorter than the time between the first and the last query of any run of losses', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('.', 'x', 's', 'n'), { maxLength: 60 }), marks => {
        const picture = marks.join('');
        const longestRun = Math.max(0, ...[...picture.matchAll(/[xs]+/g)].map(([run]) => run.length));
        const gap = longestGapMs(samples(picture));
        assert.ok(gap >= Math.max(0, longestRun - 1) * 2 && gap <= (longestRun + 1) * 2);
        assert.equal(gap === 0, longestRun === 0 || (gap === 0 && picture.length === 1));
      }),
    );
  });
});

describe('losses', () => {
  it('are told apart: answered with an error, refused by ICMP, or silent', () => {
    assert.deepEqual(lossesOf(samples('..xxrs.')), { lost: 4, errors: 1, refused: 1, silent: 2 });
    assert.deepEqual(lossesOf(samples('.n.')), { lost: 0, errors: 0, refused: 0, silent: 0 });
  });
});

describe('the catchment of a track', () => {
  it('is the PoP of the last good answer, with the median round trip of its own answers', () => {
    assert.deepEqual(catchmentOf(samples('...xnn')), { pop: 'nyc', rttMs: 0.5 });
  });

  it('is nobody when no good answer came', () => {
    assert.deepEqual(catchmentOf(samples('xxss')), { pop: null, rttMs: null });
  });
});

describe('samples', () => {
  it('survive their line of text', () => {
    for (const sample of samples('.nxrs')) assert.deepEqual(parseSample(formatSample(sample)), sample);
    assert.equal(parseSample('anycast: warning'), undefined);
  });

  it('are good only when answered with NOERROR', () => {
    assert.deepEqual(samples('.nxs').map(isGood), [true, true, false, false]);
  });

  it('are sorted into one track per client and family, by the time they were sent', () => {
    const mixed: Sample[] = [
      { family: 6, sentMs: 3 },
      { family: 4, sentMs: 2 },
      { family: 6, sentMs: 1 },
    ];
    const tracks = tracksOf(new Map([['client-eu', mixed]]));
    assert.deepEqual(
      tracks.map(track => [track.family, track.samples.map(sample => sample.sentMs)]),
      [
        [4, [2]],
        [6, [1, 3]],
      ],
    );
  });
});
