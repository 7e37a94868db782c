/**
 * One round: one contender decides for the PoP, one fault happens, and what clients and the neighbour saw is measured.
 *
 * Faults, probers, the watch over the neighbour's kernel and the arithmetic of gaps are the drills' own, whoever decides. A
 * round ends with the fault healed, the kit back in its place and every client served where it was, or it throws.
 */

import { comesTrue } from '../../../src/lab/come-true.ts';
import type { Drill } from '../../../src/lab/drill.ts';
import { watchNeighbours } from '../../../src/lab/measuring/neighbour-watch.ts';
import {
  endsSteady,
  type Homes,
  homesOf,
  isAway,
  isHome,
  since,
} from '../../../src/lab/measuring/outcome.ts';
import { type Probers, patienceMs, startProbers } from '../../../src/lab/measuring/probers.ts';
import { longestGapMs, type Track, trackKey } from '../../../src/lab/prober/analysis.ts';
import { isGood } from '../../../src/lab/prober/sample.ts';
import { emptyRecord, stageOf } from '../../../src/lab/stage.ts';
import { Fault } from '../../../src/system/fault.ts';
import type { Contender, Site } from './contender.ts';

/**
 * What the PoP's own clients and its neighbour saw. Milliseconds count from the first query that the fault cost a client, since
 * how long a firewall rule takes to be made is nobody's merit; what came before that query counts as 0. null: not seen.
 */
export interface Measured {
  /** The contender held the service to be down. */
  readonly detectedMs: number | null;
  /** The neighbour's kernel no longer forwards to the PoP, in any family. */
  readonly withdrawnMs: number | null;
  /** A client got its first answer from another PoP. */
  readonly firstAnswerElsewhereMs: number | null;
  /** The longest time that a client, in one family, went without a good answer. */
  readonly longestGapMs: number;
  /** Queries without a good answer until the heal. */
  readonly lost: number;
}

/** Milliseconds that clients ask before the fault: their own start must not be taken for the service's slowness. */
const warmUpMs = 3000;
/** Milliseconds until all clients are where they belong: a contender at its defaults announces after a few checks. */
const homeMs = 45_000;
/** Milliseconds for the clients to be moved: the slowest contender needs five seconds' interval and three checks. */
const settleMs = 20_000;
/** Milliseconds for the kit to start, announce and have its clients back. */
const returnMs = 45_000;
/** Samples of each client that are told of when something does not come true. */
const recentCount = 100;
/** A fault lasts longer than clients wait, so that late answers count as lost. */
const faultLastsMs = patienceMs + 500;

/** Which PoP serves each client while nothing is wrong: then every PoP serves some, in every family. */
export async function learnHomes(site: Site): Promise<Homes> {
  const { lab, config, clock, rate } = site;
  await using probers = startProbers(lab, config, rate);
  const warmMs = clock.monotonicMs() + warmUpMs;
  const everyPopServes = (tracks: readonly Track[]): boolean => {
    const homes = homesOf(tracks);
    return config.service.addresses.every(({ family }) => {
      const serving = new Set(
        tracks.filter(track => track.family === family).map(track => homes.get(keyOf(track))),
      );
      return Object.keys(config.pops).every(name => serving.has(name));
    });
  };
  const holds = (tracks: readonly Track[]): boolean =>
    tracks.every(track => endsSteady(track, warmMs)) && everyPopServes(tracks);
  await waitFor(holds, { site, probers, ms: homeMs, claim: 'every PoP serves a client' });
  return homesOf(probers.tracks());
}

export interface RoundConditions {
  readonly site: Site;
  readonly homes: Homes;
  /** Milliseconds between all being well and the fault. */
  readonly delayMs: number;
}

export async function playRound(
  contender: Contender,
  fault: Drill,
  { site, homes, delayMs }: RoundConditions,
): Promise<Measured> {
  const { lab, config, pop, clock, rate } = site;
  await using cleanup = new AsyncDisposableStack();
  const office = cleanup.use(new AsyncDisposableStack());
  const tenure = office.use(await contender.takeOver(site));
  const watch = cleanup.use(watchNeighbours(lab, config, clock));
  const probers = cleanup.use(startProbers(lab, config, rate));
  const warmMs = clock.monotonicMs() + warmUpMs;
  const allHome = (fromMs: number) => (tracks: readonly Track[]) =>
    tracks.every(track => isHome(track, homes, fromMs));
  const claim = `every client is at home with ${contender.name} in charge of ${pop}`;
  await waitFor(allHome(warmMs), { site, probers, ms: homeMs, claim });

  await clock.sleep(delayMs, site.signal);
  const isForwardedTo = watch.isForwardedTo.bind(watch);
  const stage = stageOf({ lab, config, pop, clock, isForwardedTo }, emptyRecord(), site.signal);
  const trouble = cleanup.use(new AsyncDisposableStack());
  trouble.defer(async () => await fault.heal({ ...stage, signal: AbortSignal.timeout(returnMs) }));
  await fault.prepare?.(stage);
  const faultMs = clock.monotonicMs();
  await fault.inject(stage);
  const round = { pop, homes, faultMs };
  await comesTrue(settleMs, site, () => {
    const isOver = clock.monotonicMs() > faultMs + faultLastsMs;
    return isOver && probers.tracks().every(track => isAway(track, round));
  });
  const downAt = await tenure.downAt(faultMs);
  const leftMs = watch.changesOf(pop, faultMs).leftMs;

  const healMs = clock.monotonicMs();
  await trouble.disposeAsync();
  await office.disposeAsync();
  const restoredMs = clock.monotonicMs();
  await waitFor(allHome(restoredMs), { site, probers, ms: returnMs, claim: 'every client is home again' });
  const tracks = await probers.stop();
  return measure(tracks, { ...round, healMs, downAt, leftAt: leftMs === null ? null : faultMs + leftMs });
}

interface Seen {
  readonly pop: string;
  readonly homes: Homes;
  readonly faultMs: number;
  readonly healMs: number;
  /** Monotonic milliseconds. */
  readonly downAt: number | null;
  readonly leftAt: number | null;
}

function measure(all: readonly Track[], { pop, homes, faultMs, healMs, downAt, leftAt }: Seen): Measured {
  // From a little before the fault, so that a gap begins with its last good answer; to the heal, and not beyond.
  const tracks = all
    .filter(track => homes.get(keyOf(track)) === pop)
    .map(track => since(track, faultMs - patienceMs))
    .map(track => track.samples.filter(({ sentMs }) => sentMs < healMs));
  const onsets = tracks.flatMap(samples => {
    const next = samples[samples.findLastIndex(sample => isGood(sample) && sample.pop === pop) + 1];
    return next === undefined || isGood(next) ? [] : next.sentMs;
  });
  const onsetMs = onsets.length > 0 ? Math.min(...onsets) : faultMs;
  const after = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined ? null : Math.max(0, ms - onsetMs);
  const elsewhere = tracks.flatMap(
    samples => samples.find(sample => isGood(sample) && sample.pop !== pop)?.answeredMs ?? [],
  );
  return {
    detectedMs: after(downAt),
    withdrawnMs: after(leftAt),
    firstAnswerElsewhereMs: after(elsewhere.length > 0 ? Math.min(...elsewhere) : null),
    longestGapMs: Math.max(0, ...tracks.map(longestGapMs)),
    lost: tracks.flat().filter(sample => !isGood(sample)).length,
  };
}

interface Waiting {
  readonly site: Site;
  readonly probers: Probers;
  readonly ms: number;
  readonly claim: string;
}

/** @throws Fault `timeout` with what was seen last when the tracks of all clients do not come to hold. */
async function waitFor(holds: (tracks: readonly Track[]) => boolean, waiting: Waiting): Promise<void> {
  const { site, probers, ms, claim } = waiting;
  const isTrue = (): boolean => probers.tracks().length === probers.expectedTracks && holds(probers.tracks());
  if (await comesTrue(ms, site, isTrue)) return;
  const seen = probers.tracks().map(track => {
    const recent = track.samples.slice(-recentCount).map(each => (isGood(each) ? each.pop : 'nobody'));
    return `${keyOf(track)} by ${[...new Set(recent)].join(' and ')}`;
  });
  throw new Fault('timeout', `not true within ${ms} ms: ${claim}; last answered: ${seen.join(', ')}`);
}

function keyOf({ client, family }: Track): string {
  return trackKey(client, family);
}
