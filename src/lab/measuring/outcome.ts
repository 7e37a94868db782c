/** What a drill amounts to: spans, losses and catchments, from samples and event logs. Pure. */
import type { CommandOutcome, Outcome } from '../drill.ts';
import { catchmentOfTracks, longestGapMs, lossesOf, type Track, trackKey } from '../prober/analysis.ts';
import { isGood, type Sample } from '../prober/sample.ts';
import { type AgentEvent, isDetection, isWithdrawal } from './agent-log.ts';
import type { RouteChanges } from './neighbour-watch.ts';

/** Good answers in a row, per client and family, that count as steady service. */
const steadyCount = 50;
/** Milliseconds: ten times what a lab's answers take. And how many must be as quick: one that had to wait is no queue. */
const promptMs = 100;
const promptShare = 0.9;

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

/** When the last query was sent that was not answered well; 0 when all were. */
export function lastLossMs({ samples }: Track): number {
  return samples.reduce((last, sample) => (isGood(sample) ? last : Math.max(last, sample.sentMs)), 0);
}

/** Whether nearly all of the last samples were answered promptly: where they queue, the queue is what a drill would measure. */
export function endsPrompt(track: Track): boolean {
  const last = track.samples.slice(-steadyCount);
  const prompt = last.filter(({ sentMs, answeredMs }) => (answeredMs ?? Infinity) - sentMs < promptMs);
  return prompt.length >= last.length * promptShare;
}

/** Whether a client has left the sick PoP for good; one that was never there has. */
export function isAway(track: Track, { homes, pop, faultMs }: Round): boolean {
  return homes.get(keyOf(track)) !== pop || endsSteady(track, faultMs, answeredBy => answeredBy !== pop);
}

/** Whether a client is served by the PoP that it was served by before, since `fromMs` at the earliest. */
export function isHome(track: Track, homes: Homes, fromMs: number): boolean {
  const home = homes.get(keyOf(track));
  return endsSteady(track, fromMs, answeredBy => answeredBy === home);
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
  /** In sending order, from a moment on at which all was well. */
  readonly tracks: readonly Track[];
  readonly logs: ReadonlyMap<string, readonly AgentEvent[]>;
  /** Since the fault, by PoP. */
  readonly routes: Readonly<Record<string, RouteChanges>>;
  readonly commands: readonly CommandOutcome[];
  /** Monotonic milliseconds by name. */
  readonly marks: ReadonlyMap<string, number>;
  readonly catchment: Pick<Outcome['catchment'], 'before' | 'after'>;
}

export function outcomeOf(measured: Measured): Outcome {
  const { pop, faultMs, healMs, tracks, logs, routes, catchment, returned } = measured;
  const samples = tracks.flatMap(track => track.samples);
  const losses = lossesOf(samples);
  // What an agent that was gone says when it is back is no span of the fault.
  const during = (wanted: (event: AgentEvent) => boolean): number | null => {
    const event = logs.get(pop)?.find(each => isDuring(each.monotonicMs, measured) && wanted(each));
    return event ? event.monotonicMs - faultMs : null;
  };
  return {
    pop,
    probes: { sent: samples.length, answered: samples.length - losses.lost, ...losses },
    losses: Object.fromEntries(tracks.map(track => [keyOf(track), lossesOf(track.samples)])),
    lostOnReturn: samples.filter(sample => sample.sentMs > healMs && !isGood(sample)).length,
    longestGapMs: Math.max(0, ...tracks.map(track => longestGapMs(track.samples))),
    spans: {
      detectedMs: during(isDetection),
      withdrawnMs: during(isWithdrawal),
      neighbourMs: routes[pop]?.leftMs ?? null,
      firstAnswerElsewhereMs: firstElsewhere(measured),
    },
    catchment: { ...catchment, restored: catchmentOfTracks(tracks.map(track => since(track, healMs))) },
    healedMs: healMs - faultMs,
    returnedMs: returned ? Math.max(0, Math.max(...tracks.map(steadySince)) - healMs) : null,
    othersWithdrew: [...logs]
      .filter(([other]) => other !== pop)
      .filter(([, events]) => events.some(event => event.monotonicMs > faultMs && isWithdrawal(event)))
      .map(([other]) => other),
    routes,
    events: Object.fromEntries([...logs].map(([each, events]) => [each, datedSince(faultMs, events)])),
    commands: measured.commands,
    marks: Object.fromEntries([...measured.marks].map(([name, atMs]) => [name, atMs - faultMs])),
  };
}

function datedSince(faultMs: number, events: readonly AgentEvent[]): Outcome['events'][string] {
  return events
    .filter(event => event.monotonicMs > faultMs)
    .map(event => ({ ...event, afterMs: event.monotonicMs - faultMs }));
}

function isDuring(atMs: number, { faultMs, healMs }: Measured): boolean {
  return atMs > faultMs && atMs <= healMs;
}

function firstElsewhere(measured: Measured): number | null {
  const { tracks, homes, pop, faultMs } = measured;
  const times = tracks
    .filter(track => homes.get(keyOf(track)) === pop)
    .flatMap(({ samples }) => {
      const first = samples.find(
        sample => isDuring(sample.sentMs, measured) && isGood(sample) && sample.pop !== pop,
      );
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
