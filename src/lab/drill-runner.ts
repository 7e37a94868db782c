/**
 * Plays a drill: clients that ask all the time, one fault, one heal, and the times of what happened in between.
 *
 * A round: every client network gets a prober; when all of them are being answered, the fault is injected; when the
 * clients of the sick PoP are being answered elsewhere (or after `settleMs`), it is healed; when everybody is back where
 * they were (or after `returnMs`), the probers stop and the samples are judged.
 *
 * All times are CLOCK_MONOTONIC of one machine: the probers' samples, the agents' event logs (`anycast explain --json`) and
 * the neighbour's kernel (`ip monitor route`, stamped when its line arrives here) can be subtracted from each other.
 *
 * What always holds: the fault is healed and every prober ended, also when the drill fails half-way.
 */
import type { AnycastConfig, PopConfig } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { Fault } from '../system/fault.ts';
import { onLines } from '../system/lines.ts';
import type { Claim, Drill, Outcome, Spans, Stage } from './drill.ts';
import { kitCommand, popCommand } from './kit-command.ts';
import type { Lab, LabChild } from './lab-runtime.ts';
import { catchmentOfTracks, longestGapMs, type Track, trackKey, tracksOf } from './prober/analysis.ts';
import { isGood, parseSample, type Sample } from './prober/sample.ts';

export interface DrillOptions {
  readonly pop: string;
  /** Queries per second and client, both families together. */
  readonly rate: number;
}

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

/** How long a prober runs at most; the drill ends it long before. */
const proberLimitMs = 120_000;
/** How long a client waits for an answer before the query counts as lost. */
const patienceMs = 1000;
/** Good answers in a row, per client and family, that count as steady service. */
const steadyCount = 50;
const readyMs = 15_000;
const settleMs = 10_000;
/** How long a fault lasts at least: longer than clients wait, so that a frozen resolver's late answers count as lost. */
const faultLastsMs = 1500;
const returnMs = 30_000;
/** How often the samples are looked at; it delays the next step, never a measured time. */
const lookMs = 20;

export async function runDrill(drill: Drill, options: DrillOptions, parts: DrillParts): Promise<DrillReport> {
  const { lab, config, clock, signal, onProgress } = parts;
  await using cleanup = new AsyncDisposableStack();
  const watch = cleanup.use(watchNeighbours(options.pop, parts));
  const probers = cleanup.use(startProbers(options, parts));
  const stage = stageOf(options.pop, parts);

  onProgress(`clients ask ${options.rate} times a second each, ${probers.clients.length} of them`);
  const expected = probers.clients.length * config.service.addresses.length;
  const steady = await within(readyMs, parts, () => {
    const tracks = probers.tracks();
    return tracks.length === expected && tracks.every(track => endsSteady(track, 0));
  });
  if (!steady || expected === 0) {
    throw new Fault('timeout', 'not every client is answered before the drill', {
      hint: 'look at anycast catchment',
    });
  }
  const home = homes(probers.tracks());
  if (![...home.values()].includes(options.pop)) {
    throw new Fault('usage', `${options.pop} has no clients to lose`, { hint: 'choose another with --pop' });
  }
  const before = catchmentOfTracks(probers.tracks());

  onProgress(`${drill.name} at ${options.pop}`);
  let healed = false;
  const heal = async (): Promise<void> => {
    if (healed) return;
    healed = true;
    await drill.heal({ ...stage, signal: AbortSignal.timeout(returnMs) });
  };
  cleanup.defer(heal);
  const faultMs = clock.monotonicMs();
  await drill.inject(stage);
  const away = (track: Track): boolean =>
    home.get(trackKey(track.client, track.family)) !== options.pop ||
    endsSteady(track, faultMs, pop => pop !== options.pop);
  await within(
    settleMs,
    parts,
    () => clock.monotonicMs() > faultMs + faultLastsMs && probers.tracks().every(away),
  );
  const after = catchmentOfTracks(probers.tracks().map(track => since(track, faultMs)));

  onProgress('healing');
  const healMs = clock.monotonicMs();
  await heal();
  const back = (track: Track): boolean => {
    const pop = home.get(trackKey(track.client, track.family));
    return endsSteady(track, healMs, answeredBy => answeredBy === pop);
  };
  const returned = await within(returnMs, parts, () => probers.tracks().every(back));
  const returnedMs = returned
    ? Math.max(...probers.tracks().map(track => steadySince(track))) - healMs
    : null;
  onProgress('counting');
  await probers.stop();

  const tracks = probers.tracks();
  const samples = tracks.flatMap(track => track.samples);
  const answered = samples.filter(isGood).length;
  const events = await agentEvents(lab, config, signal);
  const outcome: Outcome = {
    pop: options.pop,
    probes: { sent: samples.length, answered, lost: samples.length - answered },
    lostOnReturn: samples.filter(sample => sample.sentMs > healMs && !isGood(sample)).length,
    longestGapMs: Math.max(...tracks.map(track => longestGapMs(track.samples))),
    spans: {
      ...agentSpans(events.get(options.pop) ?? [], faultMs),
      neighbourMs: watch.leftMs(faultMs),
      firstAnswerElsewhereMs: firstElsewhere(tracks, home, { pop: options.pop, faultMs }),
    },
    catchment: { before, after, restored: catchmentOfTracks(tracks.map(track => since(track, healMs))) },
    returnedMs,
    othersWithdrew: [...events]
      .filter(
        ([pop, log]) =>
          pop !== options.pop && log.some(event => event.monotonicMs > faultMs && isWithdrawal(event)),
      )
      .map(([pop]) => pop),
  };
  const claims = drill.claims(outcome);
  return { drill: drill.name, ok: claims.every(({ ok }) => ok), claims, ...outcome };
}

function stageOf(pop: string, { lab, config, signal }: DrillParts): Stage {
  return {
    lab,
    config,
    pop,
    serviceAddresses: config.service.addresses,
    signal,
    props: new Map(),
    async kit(...verb) {
      const result = await lab.exec(pop, popCommand(lab.plan, pop, ...verb), { signal, timeoutMs: returnMs });
      if (result.exitCode === 0) return result.stdout;
      throw new Fault('refused', `anycast ${verb.join(' ')} at ${pop}: ${result.stderr.trim()}`);
    },
  };
}

interface Probers extends AsyncDisposable {
  readonly clients: readonly string[];
  tracks(): Track[];
  /** Stops sending, waits for the last answers. */
  stop(): Promise<void>;
}

function startProbers(options: DrillOptions, { lab, config }: DrillParts): Probers {
  const clients = lab.plan.nodes.filter(node => node.role === 'client').map(node => node.name);
  const targets = config.service.addresses.flatMap(address => ['--target', address.text]);
  const pace = [
    '--rate',
    String(options.rate),
    '--duration',
    `${proberLimitMs}ms`,
    '--patience',
    `${patienceMs}ms`,
  ];
  const samples = new Map<string, Sample[]>();
  const children = clients.map(client => {
    const child = lab.spawn(client, kitCommand(lab.plan, 'probe', '--until-stdin-ends', ...targets, ...pace));
    const into: Sample[] = [];
    samples.set(client, into);
    onLines(child.stdout, line => {
      const sample = parseSample(line);
      if (sample) into.push(sample);
    });
    return child;
  });
  return {
    clients,
    tracks: () => tracksOf(samples),
    async stop() {
      for (const child of children) child.stdin.end();
      await Promise.all(children.map(child => child.ended));
    },
    [Symbol.asyncDispose]: async () => await disposeAll(children),
  };
}

async function disposeAll(children: readonly LabChild[]): Promise<void> {
  await Promise.all(children.map(child => child[Symbol.asyncDispose]()));
}

interface NeighbourWatch extends AsyncDisposable {
  /** When, after the fault, the last family stopped being forwarded to the PoP; null when one still is. */
  leftMs(faultMs: number): number | null;
}

/** Watches the kernel routes of the PoP's neighbours for its service addresses. */
function watchNeighbours(pop: string, { lab, config, clock }: DrillParts): NeighbourWatch {
  const { neighbours } = config.pops[pop] as PopConfig;
  /** Per neighbour and service address: the times at which its route changed, and whether it led to the PoP. */
  const changes: { route: string; atMs: number; toPop: boolean }[] = [];
  const routes = neighbours.flatMap(neighbour =>
    neighbour.sessions.flatMap(({ local }) => {
      const address = config.service.addresses.find(({ family }) => family === local.family);
      return address ? [{ node: neighbour.name, address: address.text, via: local.text }] : [];
    }),
  );
  const children = [...new Set(routes.map(route => route.node))].map(node => {
    const child = lab.spawn(node, ['ip', 'monitor', 'route']);
    onLines(child.stdout, line => {
      const words = line.trim().split(/\s+/);
      const at = words[0] === 'Deleted' ? 1 : 0;
      const route = routes.find(candidate => candidate.node === node && candidate.address === words[at]);
      if (!route) return;
      const toPop = at === 0 && words[words.indexOf('via') + 1] === route.via;
      changes.push({ route: `${node} ${route.address}`, atMs: clock.monotonicMs(), toPop });
    });
    return child;
  });
  return {
    leftMs(faultMs) {
      const left = routes.map(
        ({ node, address }) =>
          changes.find(
            change => change.route === `${node} ${address}` && change.atMs > faultMs && !change.toPop,
          )?.atMs,
      );
      return left.every(atMs => atMs !== undefined)
        ? Math.max(...left.map(atMs => atMs ?? 0)) - faultMs
        : null;
    },
    [Symbol.asyncDispose]: async () =>
      void (await Promise.all(children.map(child => child[Symbol.asyncDispose]()))),
  };
}

interface AgentEvent {
  readonly kind: string;
  readonly monotonicMs: number;
  /** Of an `observed` event. */
  readonly outcome?: string;
}

/** The event log of every PoP's agent. */
async function agentEvents(
  lab: Lab,
  config: AnycastConfig,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly AgentEvent[]>> {
  const logs = Object.keys(config.pops).map(async pop => {
    const { stdout } = await lab.exec(pop, popCommand(lab.plan, pop, 'explain', '--json'), { signal });
    return [pop, (JSON.parse(stdout) as { events: AgentEvent[] }).events] as const;
  });
  return new Map(await Promise.all(logs));
}

/** The agent has read back from its router that no service route is exported. */
function isWithdrawal(event: AgentEvent): boolean {
  return event.kind === 'observed' && event.outcome === 'withdrawn';
}

function agentSpans(
  events: readonly AgentEvent[],
  faultMs: number,
): Pick<Spans, 'detectedMs' | 'withdrawnMs'> {
  const after = (wanted: (event: AgentEvent) => boolean): number | null => {
    const event = events.find(each => each.monotonicMs > faultMs && wanted(each));
    return event ? event.monotonicMs - faultMs : null;
  };
  return {
    detectedMs: after(({ kind }) => kind === 'check-state' || kind === 'drain'),
    withdrawnMs: after(isWithdrawal),
  };
}

/** Which PoP each client and family reaches now. */
function homes(tracks: readonly Track[]): ReadonlyMap<string, string | undefined> {
  return new Map(
    tracks.map(track => [trackKey(track.client, track.family), track.samples.findLast(isGood)?.pop]),
  );
}

function firstElsewhere(
  tracks: readonly Track[],
  home: ReadonlyMap<string, string | undefined>,
  { pop, faultMs }: { pop: string; faultMs: number },
): number | null {
  const first = tracks
    .filter(track => home.get(trackKey(track.client, track.family)) === pop)
    .map(
      track =>
        track.samples.find(sample => sample.sentMs > faultMs && isGood(sample) && sample.pop !== pop)
          ?.answeredMs,
    );
  const times = first.filter(atMs => atMs !== undefined);
  return times.length > 0 ? Math.min(...times) - faultMs : null;
}

function since(track: Track, fromMs: number): Track {
  return { ...track, samples: track.samples.filter(sample => sample.sentMs > fromMs) };
}

/** Whether the last `steadyCount` samples were all sent after `fromMs` and answered well, by a PoP that `right` accepts. */
function endsSteady(
  track: Track,
  fromMs: number,
  right: (pop: string | undefined) => boolean = () => true,
): boolean {
  const last = track.samples.slice(-steadyCount);
  return (
    last.length === steadyCount &&
    last.every(sample => sample.sentMs > fromMs && isGood(sample) && right(sample.pop))
  );
}

/** When the PoP that answers now began to answer without a break. */
function steadySince({ samples }: Track): number {
  const pop = samples.at(-1)?.pop;
  const before = samples.findLastIndex(sample => !isGood(sample) || sample.pop !== pop);
  return samples[before + 1]?.answeredMs ?? 0;
}

/** Waits until `claim` holds. Gives whether it did within `ms`. */
async function within(ms: number, { clock, signal }: DrillParts, claim: () => boolean): Promise<boolean> {
  const deadline = clock.monotonicMs() + ms;
  while (!claim()) {
    if (clock.monotonicMs() > deadline) return false;
    await clock.sleep(lookMs, signal);
  }
  return true;
}
