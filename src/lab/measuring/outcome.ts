/** What a drill amounts to: spans, losses and catchments, from samples and event logs. Pure. */
import type { Outcome } from '../drill.ts';
import { catchmentOfTracks, longestGapMs, type Track, trackKey } from '../prober/analysis.ts';
import { isGood, type Sample } from '../prober/sample.ts';
import { type AgentEvent, isDetection, isWithdrawal } from './agent-log.ts';

/** Good answers in a row, per client and family, that count as steady service. */
const steadyCount = 50;

/** Which PoP each client and family is served by; keys are `trackKey`s. */
export type Homes = ReadonlyMap<string, string | undefined>;

export function homesOf(tracks: readonly Track[]): Homes {
  return new Map(tracks.map(track => [keyOf(track), track.samples.findLast(isGood)?.pop]));
}

/** Whether the last samples were all sent after `fromMs` and answered well, by a PoP that `right` accepts. */
export function endsSteady(
  track: Track,
  fromMs: number,
  right: (pop: string | undefined) => boolean = () => true,
): boolean {
  const last = track.samples.slice(-steadyCount);
  const isRight = (sample: Sample): boolean => sample.sentMs > fromMs && isGood(sample) && right(sample.pop);
  return last.length === steadyCount && last.every(isRight);
}

/** Whether a client has left the sick PoP for good; one that was never there has. */
export function isAway(track: Track, { homes, pop, faultMs }: Round): boolean {
  return homes.get(keyOf(track)) !== pop || endsSteady(track, faultMs, answeredBy => answeredBy !== pop);
}

/** Whether a client is served again by the PoP that it was served by before. */
export function isBack(track: Track, homes: Homes, healMs: number): boolean {
  const home = homes.get(keyOf(track));
  return endsSteady(track, healMs, answeredBy => answeredBy === home);
}

/** The part of a track that was sent after a moment. */
export function since(track: Track, fromMs: number): Track {
  return { ...track, samples: track.samples.filter(sample => sample.sentMs > fromMs) };
}

export interface Round {
  readonly pop: string;
  readonly homes: Homes;
  readonly faultMs: number;
}

export interface Measured extends Round {
  readonly healMs: number;
  /** Every client came back in time. */
  readonly returned: boolean;
  /** In sending order. */
  readonly tracks: readonly Track[];
  readonly logs: ReadonlyMap<string, readonly AgentEvent[]>;
  readonly neighbourMs: number | null;
  readonly catchment: Pick<Outcome['catchment'], 'before' | 'after'>;
}

export function outcomeOf(measured: Measured): Outcome {
  const { pop, faultMs, healMs, tracks, logs, neighbourMs, catchment, returned } = measured;
  const samples = tracks.flatMap(track => track.samples);
  const answered = samples.filter(isGood).length;
  const after = (events: readonly AgentEvent[], wanted: (event: AgentEvent) => boolean): number | null => {
    const event = events.find(each => each.monotonicMs > faultMs && wanted(each));
    return event ? event.monotonicMs - faultMs : null;
  };
  const ownLog = logs.get(pop) ?? [];
  return {
    pop,
    probes: { sent: samples.length, answered, lost: samples.length - answered },
    lostOnReturn: samples.filter(sample => sample.sentMs > healMs && !isGood(sample)).length,
    longestGapMs: Math.max(0, ...tracks.map(track => longestGapMs(track.samples))),
    spans: {
      detectedMs: after(ownLog, isDetection),
      withdrawnMs: after(ownLog, isWithdrawal),
      neighbourMs,
      firstAnswerElsewhereMs: firstElsewhere(measured),
    },
    catchment: { ...catchment, restored: catchmentOfTracks(tracks.map(track => since(track, healMs))) },
    returnedMs: returned ? Math.max(...tracks.map(steadySince)) - healMs : null,
    othersWithdrew: [...logs]
      .filter(([other, events]) => other !== pop && after(events, isWithdrawal) !== null)
      .map(([other]) => other),
  };
}

function firstElsewhere({ tracks, homes, pop, faultMs }: Measured): number | null {
  const times = tracks
    .filter(track => homes.get(keyOf(track)) === pop)
    .flatMap(({ samples }) => {
      const first = samples.find(sample => sample.sentMs > faultMs && isGood(sample) && sample.pop !== pop);
      return first?.answeredMs ?? [];
    });
  return times.length > 0 ? Math.min(...times) - faultMs : null;
}

/** When the PoP that answers at the end began to answer without a break. */
function steadySince({ samples }: Track): number {
  const pop = samples.at(-1)?.pop;
  const before = samples.findLastIndex(sample => !isGood(sample) || sample.pop !== pop);
  return samples[before + 1]?.answeredMs ?? 0;
}

function keyOf({ client, family }: Track): string {
  return trackKey(client, family);
}
