import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AgentEvent } from '../../../src/lab/measuring/agent-log.ts';
import {
  endsPrompt,
  homesOf,
  lastLossMs,
  type Measured,
  outcomeOf,
} from '../../../src/lab/measuring/outcome.ts';
import type { Track } from '../../../src/lab/prober/analysis.ts';
import type { Sample } from '../../../src/lab/prober/sample.ts';

/** One sample every 10 ms: `f` and `n` answered by fra and nyc, `s` SERVFAIL, `r` refused, `x` silent. */
function track(client: string, picture: string): Track {
  const samples = [...picture].map((mark, index): Sample => {
    const sent = { family: 4, sentMs: index * 10 } as const;
    if (mark === 'x') return sent;
    if (mark === 'r') return { ...sent, refusedMs: sent.sentMs + 1 };
    const pop = mark === 'n' ? 'nyc' : 'fra';
    return { ...sent, answeredMs: sent.sentMs + 1, rcode: mark === 's' ? 2 : 0, pop };
  });
  return { client, family: 4, samples };
}

function event(kind: string, monotonicMs: number, rest: Partial<AgentEvent> = {}): AgentEvent {
  return { kind, monotonicMs, ...rest };
}

const calm = { leftMs: null, changes: 0, fallbackChanges: 0 };

/** The fault comes at 25, the heal at 75. */
function outcome(tracks: readonly Track[], more: Partial<Measured> = {}): ReturnType<typeof outcomeOf> {
  const homes = homesOf(tracks.map(each => ({ ...each, samples: each.samples.slice(0, 3) })));
  return outcomeOf({
    pop: 'fra',
    homes,
    faultMs: 25,
    healMs: 75,
    returned: true,
    tracks,
    logs: new Map(),
    routes: { fra: calm },
    commands: [],
    marks: new Map(),
    catchment: { before: {}, after: {} },
    ...more,
  });
}

describe('the outcome of a drill', () => {
  it('has spans of the fault alone: what is said or answered after the heal is none', () => {
    const log = [
      event('check-state', 20),
      event('check-state', 30),
      event('observed', 80, { outcome: 'withdrawn' }),
    ];
    const { spans } = outcome([track('client', 'fffxxxxxnn')], { logs: new Map([['fra', log]]) });
    assert.deepEqual(spans, {
      detectedMs: 5,
      withdrawnMs: null,
      neighbourMs: null,
      firstAnswerElsewhereMs: null,
    });
    assert.equal(outcome([track('client', 'fffxnnnnnn')]).spans.firstAnswerElsewhereMs, 16);
  });

  it('tells the losses apart, of all and of each client', () => {
    const { probes, losses } = outcome([track('one', 'fffsrxxfff'), track('two', 'nnnnnnnnnn')]);
    assert.deepEqual(probes, { sent: 20, answered: 16, lost: 4, errors: 1, refused: 1, silent: 2 });
    assert.deepEqual(losses['two/v4'], { lost: 0, errors: 0, refused: 0, silent: 0 });
  });

  it('counts marks and events from the fault, and leaves out what was before it', () => {
    const log = [event('applied', 10), event('applied', 45)];
    const { marks, events } = outcome([track('client', 'ffffffffff')], {
      marks: new Map([['mended', 55]]),
      logs: new Map([['fra', log]]),
    });
    assert.deepEqual(marks, { mended: 30 });
    assert.deepEqual(
      events.fra?.map(({ afterMs }) => afterMs),
      [20],
    );
  });

  it('names other PoPs that withdrew, also after the heal', () => {
    const withdrawal = event('observed', 90, { outcome: 'withdrawn' });
    const logs = new Map([
      ['fra', [withdrawal]],
      ['nyc', [withdrawal]],
    ]);
    assert.deepEqual(outcome([track('client', 'ffffffffff')], { logs }).othersWithdrew, ['nyc']);
  });

  it('says that nobody had to return who had never left', () => {
    assert.equal(outcome([track('client', 'ffffffffff')]).returnedMs, 0);
    assert.equal(outcome([track('client', 'ffffffffff')], { returned: false }).returnedMs, null);
  });
});

describe('a client before the fault', () => {
  const answered = (rttsMs: readonly number[]): Track => ({
    client: 'client-eu',
    family: 4,
    samples: rttsMs.map((rttMs, index) => ({
      family: 4,
      sentMs: index * 10,
      answeredMs: index * 10 + rttMs,
    })),
  });

  it('is served promptly when all but a few of its last answers came within 100 ms, whatever came before', () => {
    assert.equal(
      endsPrompt(answered([...Array(9).fill(700), ...Array(46).fill(5), ...Array(4).fill(300)])),
      true,
    );
  });

  it('is not while its queries queue', () => {
    assert.equal(endsPrompt(answered([...Array(44).fill(5), ...Array(6).fill(300)])), false);
  });

  it('is not while its last queries are unanswered', () => {
    const { samples, ...client } = answered(Array(50).fill(5));
    assert.equal(
      endsPrompt({ ...client, samples: samples.map(({ answeredMs: _, ...sent }) => sent) }),
      false,
    );
  });
});

describe('the last loss', () => {
  it('is when the last query was sent that had an error, a refusal or silence, and long ago where there was none', () => {
    assert.deepEqual(
      ['ffff', 'fsff', 'frfxf', 'xfff'].map(picture => lastLossMs(track('client', picture))),
      [0, 10, 30, 0],
    );
  });
});
