/**
 * Plays a drill: clients that ask all the time, one fault, one heal, and the times of what happened in between.
 *
 * A round: every client network gets a prober; when all of them are being answered, those that the fault is not for go on
 * at an easier pace, and it is injected; when the drill has seen enough (or after `settleMs`), it is healed; when everybody
 * is back where they were (or after `returnMs`), the probers stop and the samples are judged (`measuring/outcome.ts`).
 *
 * A drill is a fault on purpose, and a PoP that had several would come back ever later: before each, an operator's word
 * (`anycast undrain`) makes the agents forget the flaps of the last one.
 *
 * All times are CLOCK_MONOTONIC of one machine: the probers' samples, the agents' event logs and the neighbours' kernels can
 * be subtracted from each other.
 *
 * What always holds: the fault is healed and every prober ended, also when the drill fails half-way.
 */
import type { AnycastConfig } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { describeError, Fault } from '../system/fault.ts';
import { comesTrue } from './come-true.ts';
import type { Claim, Drill, Look, Outcome } from './drill.ts';
import { popCommand } from './kit-command.ts';
import type { Lab } from './lab-runtime.ts';
import { readAgentLogs } from './measuring/agent-log.ts';
import { type NeighbourWatch, watchNeighbours } from './measuring/neighbour-watch.ts';
import {
  endsPrompt,
  endsSteady,
  homesOf,
  isAway,
  isHome,
  lastLossMs,
  outcomeOf,
  type Round,
  since,
} from './measuring/outcome.ts';
import { type Probers, patienceMs, startProbers } from './measuring/probers.ts';
import { catchmentOfTracks, trackKey } from './prober/analysis.ts';
import { emptyRecord, type StageParts, type StageRecord, stageOf } from './stage.ts';

export interface DrillOptions {
  readonly pop: string;
  /** Queries per second and client of a PoP that is broken, both families together. */
  readonly rate: number;
}

/** What `anycast drill --json` prints. */
export interface DrillReport extends Outcome {
  readonly drill: string;
  readonly ok: boolean;
  readonly claims: readonly Claim[];
}

export interface DrillParts {
  readonly lab: Lab;
  readonly config: AnycastConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told what is going on, a line at a time. */
  readonly onProgress: (line: string) => void;
}

/** Milliseconds until all must be well, or the drill cannot run. */
const readyMs = 15_000;
/** Milliseconds that clients ask before the fault: their own start must not be taken for the service's slowness. */
const warmUpMs = 2000;
/** Queries per second of clients whose PoP stays: enough to see a loss, and little enough not to be a load of its own. */
const bystanderRate = 100;
/** Milliseconds after the injection until everything a drill waits for is seen, and after the heal until clients are back. */
const settleMs = 10_000;
const returnMs = 30_000;
/** A fault lasts longer than clients wait, so that late answers of a frozen resolver count as lost. */
const faultLastsMs = patienceMs + 500;

export async function runDrill(drill: Drill, options: DrillOptions, parts: DrillParts): Promise<DrillReport> {
  const { lab, config, clock, signal, onProgress } = parts;
  const { pop } = options;
  await using cleanup = new AsyncDisposableStack();
  const warmMs = clock.monotonicMs() + warmUpMs;
  const watch = cleanup.use(watchNeighbours(lab, config, clock));
  const probers = cleanup.use(startProbers(lab, config, options.rate));
  onProgress(`${probers.clients.length} clients ask ${options.rate} times a second each`);
  const broken = drill.everywhere === true ? Object.keys(config.pops) : [pop];
  await everyPopServes(broken, parts);
  // A router that was frozen by the last drill may lose its sessions once more after it has come back, and a PoP whose
  // programs are still cold may withdraw when the clients begin: all who serve now are to serve when the fault comes.
  const serving = Object.keys(config.pops).filter(each => broken.includes(each) || watch.isWhole(each));
  const isReady = (): boolean => clock.monotonicMs() > warmMs && serving.every(watch.isWhole);
  const calmMs = await everyoneAnswered(probers, { pop, isReady }, parts);
  const homes = homesOf(probers.tracks());
  const before = catchmentOfTracks(probers.tracks());
  const served = probers
    .tracks()
    .filter(({ client, family }) => broken.includes(homes.get(trackKey(client, family)) ?? ''));
  const bystanders = probers.clients.filter(client => served.every(track => track.client !== client));
  probers.pace(bystanders, Math.min(options.rate, bystanderRate));

  const record = emptyRecord();
  const stageParts = { ...parts, pop, isForwardedTo: watch.isForwardedTo };
  const heal = healOnce(drill, stageParts, record);
  cleanup.defer(async () => await heal().catch(error => onProgress(`not healed: ${describeError(error)}`)));
  const stage = stageOf(stageParts, record, signal);
  await drill.prepare?.(stage);
  onProgress(`${drill.name} at ${drill.everywhere === true ? 'every PoP' : pop}`);
  const round = { pop, homes, faultMs: clock.monotonicMs() };
  await drill.inject(stage);
  const look = lookAt(round, { probers, watch, parts });
  const isSeen = drill.isSeen ?? (each => each.allMoved());
  await comesTrue(settleMs, parts, () => look.elapsedMs > faultLastsMs && isSeen(look));
  const after = catchmentOfTracks(probers.tracks().map(track => since(track, round.faultMs)));

  onProgress('healing');
  const healMs = clock.monotonicMs();
  await heal();
  const back = (): boolean => probers.tracks().every(track => isHome(track, homes, healMs));
  const returned = await comesTrue(returnMs, parts, back);
  onProgress('counting');
  const tracks = (await probers.stop()).map(track => since(track, calmMs));
  const pops = Object.keys(config.pops);
  const logs = await readAgentLogs(lab, pops, signal);
  const routes = Object.fromEntries(pops.map(each => [each, watch.changesOf(each, round.faultMs)]));
  const catchment = { before, after };
  const outcome = outcomeOf({ ...round, ...record, healMs, returned, tracks, logs, routes, catchment });
  const claims = drill.claims(outcome, config);
  return { drill: drill.name, ok: claims.every(({ ok }) => ok), claims, ...outcome };
}

/**
 * The PoPs to be broken are undrained, which also forgets their flaps; the others do what their operators want.
 * @throws Fault `refused` when one does not.
 */
async function everyPopServes(broken: readonly string[], parts: DrillParts): Promise<void> {
  const { lab, config, signal } = parts;
  await Promise.all(
    Object.keys(config.pops).map(async pop => {
      const argv = popCommand(lab.plan, pop, broken.includes(pop) ? 'undrain' : 'status');
      const isWell = async (): Promise<boolean> =>
        (await lab.exec(pop, argv, { signal, timeoutMs: readyMs })).exitCode === 0;
      if (await comesTrue(readyMs, parts, isWell)) return;
      throw new Fault('refused', `${pop} does not serve before the drill`, {
        hint: `anycast explain at ${pop} says why`,
      });
    }),
  );
}

interface Watching {
  readonly probers: Probers;
  readonly watch: NeighbourWatch;
  readonly parts: DrillParts;
}

function lookAt(round: Round, { probers, watch, parts }: Watching): Look {
  const { faultMs, homes } = round;
  return {
    config: parts.config,
    get elapsedMs() {
      return parts.clock.monotonicMs() - faultMs;
    },
    allMoved: () => probers.tracks().every(track => isAway(track, round)),
    allHome: () => probers.tracks().every(track => isHome(track, homes, faultMs)),
    allServed: () => probers.tracks().every(track => endsSteady(track, faultMs)),
    isForwardedTo: watch.isForwardedTo,
  };
}

/**
 * Waits until every client is served steadily and promptly since `isReady` holds, one of them by the PoP, and for longer than
 * a query may take to count as lost. Gives when that began: what was lost before is no effect of the fault.
 * @throws Fault `timeout` when a client is not, `usage` when none is by the PoP: it may just have been back from the
 * last drill, so this takes its time too.
 */
async function everyoneAnswered(
  probers: Probers,
  { pop, isReady }: { readonly pop: string; readonly isReady: () => boolean },
  parts: DrillParts,
): Promise<number> {
  const { clock } = parts;
  let sinceMs = clock.monotonicMs();
  const allSteady = (): boolean => {
    if (!isReady()) sinceMs = clock.monotonicMs();
    const tracks = probers.tracks();
    sinceMs = Math.max(sinceMs, ...tracks.map(lastLossMs));
    const isLong = clock.monotonicMs() - sinceMs > patienceMs;
    const isWhole = tracks.length === probers.expectedTracks;
    return isLong && isWhole && tracks.every(track => endsSteady(track, sinceMs));
  };
  const allPrompt = (): boolean => probers.tracks().every(track => endsPrompt(track));
  const isServing = (): boolean => [...homesOf(probers.tracks()).values()].includes(pop);
  if (await comesTrue(readyMs, parts, () => allSteady() && allPrompt() && isServing())) return sinceMs;
  if (allSteady() && !allPrompt())
    throw new Fault('timeout', 'answers come late before the drill: the machine is too busy to measure on', {
      hint: 'ask less often with --rate, or end what else runs',
    });
  if (allSteady())
    throw new Fault('usage', `${pop} has no clients to lose`, { hint: 'choose another PoP with --pop' });
  throw new Fault('timeout', 'not every client is answered before the drill', {
    hint: 'look at anycast catchment',
  });
}

/** Undoes the fault the first time it is called, within `returnMs` even when the drill was aborted. */
function healOnce(drill: Drill, parts: StageParts, record: StageRecord): () => Promise<void> {
  let healed = false;
  return async () => {
    if (healed) return;
    healed = true;
    await drill.heal(stageOf(parts, record, AbortSignal.timeout(returnMs)));
  };
}
