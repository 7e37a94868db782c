/**
 * Plays every drill several times in one lab of its own, and prints median, 95th percentile and maximum of each span.
 *
 * A drill is named with the PoP that it is played at, `resolver-killed@sin`, or without: then at the first that has what it
 * needs. Unless some are named, it is all of them, and the plainest one at a PoP of every other route driver too.
 *
 * Exit code 0 when every claim held in every run, 1 when one did not, 2 when a drill could not run. A claim that bounds a
 * time can fail on a machine that is busy with other things; the table shows by how much.
 */
import { writeFile } from 'node:fs/promises';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import type { AnycastConfig } from '../../src/config/anycast-config.ts';
import type { Drill } from '../../src/lab/drill.ts';
import type { DrillReport } from '../../src/lab/drill-runner.ts';
import { resolverKilled } from '../../src/lab/drills/resolver-killed.ts';
import { drillOfName, drills, popOfDrill } from '../../src/lab/drills.ts';
import { Fault } from '../../src/system/fault.ts';
import { run } from '../../src/system/run.ts';
import { interruptible } from './interruptible.ts';

export interface BenchDrillsOptions {
  readonly runs: number;
  readonly runtime: string;
  /** Which drills, `NAME` or `NAME@POP`; all when empty. */
  readonly names: readonly string[];
  /** Where the figures are written as JSON. */
  readonly json?: string;
}

/** Median, 95th percentile (nearest rank) and maximum; null when the span was not seen in a run. */
interface Figures {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

interface DrillFigures {
  readonly runs: number;
  readonly ok: number;
  readonly lost: number;
  readonly spans: Readonly<Record<string, Figures>>;
  readonly failedClaims: readonly string[];
  /** Whole, so that what happened in them can be read. */
  readonly failures: readonly DrillReport[];
}

/** A drill at a PoP. */
interface Play {
  readonly name: string;
  readonly drill: Drill;
  readonly pop: string;
}

/** Milliseconds for one drill, and for a lab in containers to come up or go. */
const drillTimeoutMs = 120_000;
const labTimeoutMs = 600_000;

const spanNames = {
  longestGapMs: 'longest gap',
  detectedMs: 'detected',
  withdrawnMs: 'withdrawn',
  neighbourMs: 'neighbour',
  firstAnswerElsewhereMs: 'elsewhere',
  returnedMs: 'back',
} as const;

export async function benchDrills(options: BenchDrillsOptions): Promise<number> {
  return await interruptible(signal => measure(options, signal));
}

async function measure(options: BenchDrillsOptions, signal: AbortSignal): Promise<number> {
  const config = await loadDeployment('anycast.yaml');
  const plays =
    options.names.length === 0 ? allPlays(config) : options.names.map(text => playOf(text, config));
  const env = { ANYCAST_LAB: `bench-${process.pid}` };
  const where = ['--runtime', options.runtime];
  const anycast = async (...argv: string[]) =>
    await run(['./anycast', ...argv, ...where], { env, timeoutMs: labTimeoutMs });
  const up = await anycast('lab', 'up');
  if (up.exitCode !== 0) {
    process.stderr.write(up.stderr);
    return 2;
  }
  process.stdout.write(`${up.stdout}\n`);
  try {
    const figures: Record<string, DrillFigures> = {};
    for (const play of plays) {
      const reports = await playAll(play, options, { env, signal });
      if (!reports) return 2;
      const summary = summarise(reports);
      figures[play.name] = summary;
      process.stdout.write(`${table(play.name, summary)}\n`);
    }
    if (options.json !== undefined) {
      await writeFile(
        options.json,
        `${JSON.stringify({ rounds: options.runs, drills: figures }, null, 2)}\n`,
      );
    }
    return Object.values(figures).every(({ ok, runs }) => ok === runs) ? 0 : 1;
  } finally {
    await anycast('lab', 'down');
  }
}

function playOf(text: string, config: AnycastConfig): Play {
  const [name = '', pop] = text.split('@');
  const drill = drillOfName(name);
  return { name: text, drill, pop: popOfDrill(drill, config, pop) };
}

/** Says which drills no PoP of the configuration can play. */
function allPlays(config: AnycastConfig): Play[] {
  const everyDrill = drills.flatMap(({ name }) => {
    try {
      return [playOf(name, config)];
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'usage') throw error;
      process.stdout.write(`${name} is left out: ${error.message}; ${error.hint}\n`);
      return [];
    }
  });
  const pops = Object.entries(config.pops);
  const ofDriver = new Map(pops.toReversed().map(([pop, { driver }]) => [driver, pop]));
  ofDriver.delete(pops[0]?.[1].driver ?? '');
  const otherDrivers = [...ofDriver.values()].map(pop => playOf(`${resolverKilled.name}@${pop}`, config));
  return [...everyDrill, ...otherDrivers];
}

async function playAll(
  { drill, pop }: Play,
  { runs, runtime }: BenchDrillsOptions,
  limits: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<DrillReport[] | undefined> {
  const reports: DrillReport[] = [];
  for (let round = 0; round < runs; round += 1) {
    const argv = ['./anycast', 'drill', drill.name, '--pop', pop, '--json', '--runtime', runtime] as const;
    const { exitCode, stdout, stderr } = await run([...argv], {
      ...limits,
      timeoutMs: drillTimeoutMs,
    });
    if (exitCode > 1) {
      process.stderr.write(stderr);
      return undefined;
    }
    reports.push(JSON.parse(stdout) as DrillReport);
  }
  return reports;
}

function summarise(reports: readonly DrillReport[]): DrillFigures {
  const of = (pick: (report: DrillReport) => number | null): Figures => {
    const values = reports.map(pick);
    if (values.includes(null)) return { p50: null, p95: null, max: null };
    const sorted = values.map(value => value ?? 0).sort((a, b) => a - b);
    const rank = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    return { p50: rank(0.5), p95: rank(0.95), max: rank(1) };
  };
  return {
    runs: reports.length,
    ok: reports.filter(({ ok }) => ok).length,
    lost: Math.max(...reports.map(({ probes }) => probes.lost)),
    spans: {
      longestGapMs: of(report => report.longestGapMs),
      detectedMs: of(({ spans }) => spans.detectedMs),
      withdrawnMs: of(({ spans }) => spans.withdrawnMs),
      neighbourMs: of(({ spans }) => spans.neighbourMs),
      firstAnswerElsewhereMs: of(({ spans }) => spans.firstAnswerElsewhereMs),
      returnedMs: of(report => report.returnedMs),
    },
    failedClaims: reports.flatMap(({ claims }) =>
      claims.filter(({ ok }) => !ok).map(({ claim, observed }) => `${claim} (${observed})`),
    ),
    failures: reports.filter(({ ok }) => !ok),
  };
}

function table(name: string, { runs, ok, lost, spans, failedClaims }: DrillFigures): string {
  const cell = (ms: number | null | undefined): string => (ms == null ? '-' : ms.toFixed(1)).padStart(9);
  const rows = Object.entries(spanNames).map(([key, label]) => {
    const { p50, p95, max } = spans[key] ?? { p50: null, p95: null, max: null };
    return `  ${label.padEnd(12)}${cell(p50)}${cell(p95)}${cell(max)}`;
  });
  const columns = `  ${'ms'.padEnd(12)}${['p50', 'p95', 'max'].map(text => text.padStart(9)).join('')}`;
  const failed = failedClaims.map(text => `  failed: ${text}`);
  return [
    `${name}: ${ok} of ${runs} runs hold every claim; at most ${lost} lost`,
    columns,
    ...rows,
    ...failed,
    '',
  ].join('\n');
}
