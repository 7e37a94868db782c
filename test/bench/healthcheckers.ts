/**
 * Measures the kit's detection and withdrawal beside ExaBGP's healthcheck: same lab, same PoP, same faults, same clients.
 *
 * One lab (three-continents, namespaces) is brought up, and every round is played at one PoP (`healthcheckers/round.ts`).
 * Contenders take turns within a round, so that a machine that is busy for a while is busy for all of them. Between rounds the
 * kit is put back and every client is served where it was.
 *
 * Contenders: the kit with anycast.yaml as it stands; healthcheck with its defaults (every 5 s, each second once in doubt,
 * three checks); healthcheck as fast as is sensible. Its intervals may be fractions of a second, its timeout is whole seconds.
 * A tenth of a second between checks that each start a shell and dig keeps a processor noticeably busy already; two checks
 * in a row, because with one a single lost packet would withdraw. Debian's version has no debounce: it repeats its
 * announcement after each check. What the check asks is said in `healthcheckers/exabgp-files.ts`.
 *
 * Exit code 0 when every round was played, whatever was measured; 2 when one could not be.
 */
import { writeFile } from 'node:fs/promises';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import { bringUpLab } from '../../src/commands/inputs/lab-up.ts';
import { drillOfName } from '../../src/lab/drills.ts';
import { systemClock } from '../../src/system/clock.ts';
import { exitCodes, Fault } from '../../src/system/fault.ts';
import { run, runOrThrow } from '../../src/system/run.ts';
import type { Contender, Site } from './healthcheckers/contender.ts';
import { exabgp } from './healthcheckers/exabgp.ts';
import {
  cellLegend,
  figuresOf,
  formatFault,
  formatMeasured,
  type PlayedRound,
} from './healthcheckers/figures.ts';
import { kit } from './healthcheckers/kit.ts';
import { learnHomes, type Measured, playRound } from './healthcheckers/round.ts';
import { interruptible } from './interruptible.ts';

export interface BenchHealthcheckersOptions {
  readonly rounds: number;
  /** Queries per second of each client. */
  readonly rate: number;
  /** Where the figures are written as JSON. */
  readonly json?: string;
}

const fastest = { interval: 0.1, 'fast-interval': 0.1, timeout: 1, fall: 2, rise: 2 };

const contenders: readonly Contender[] = [
  kit,
  exabgp('exabgp-defaults', 'healthcheck with its own intervals and thresholds', {}),
  exabgp('exabgp-fastest', `healthcheck with ${settings(fastest)}`, fastest),
];

const faults = ['resolver-killed', 'brown-out'].map(drillOfName);

const pop = 'fra';
const configPath = 'anycast.yaml';

/**
 * Milliseconds between two checks of the slowest contender. Faults are spread evenly over it: else each would happen at the
 * same time after its last check, and its luck would be measured.
 */
const slowestIntervalMs = 5000;

/** Milliseconds for the lab to come up, and for a package to be installed. */
const labTimeoutMs = 120_000;
const installTimeoutMs = 300_000;

export async function benchHealthcheckers(options: BenchHealthcheckersOptions): Promise<number> {
  return await interruptible(async signal => {
    await measure(options, signal);
    return exitCodes.done;
  });
}

async function measure(options: BenchHealthcheckersOptions, signal: AbortSignal): Promise<void> {
  const { rounds, rate, json } = options;
  if (![rounds, rate].every(each => Number.isInteger(each) && each > 0))
    throw new Fault('usage', '--rounds and --rate take whole numbers from 1');
  const version = await installedExabgp(signal);
  const config = await loadDeployment(configPath);
  await using stack = new AsyncDisposableStack();
  const lab = await bringUpLab({
    topology: 'three-continents',
    config,
    configPath,
    options: { lab: `bench-${process.pid}`, runtime: 'netns' },
    timeoutMs: labTimeoutMs,
    stream: process.stderr,
    signal,
  });
  stack.defer(async () => await lab.down());
  const played = await playAll(rounds, { lab, config, pop, rate, clock: systemClock, signal });
  const figures = figuresOf(played, kit.name);
  process.stdout.write(
    `${version}; ${rounds} rounds at ${pop}, ${rate} queries/s of each client; cells: ${cellLegend}\n`,
  );
  for (const { name, summary } of contenders) process.stdout.write(`  ${name}: ${summary}\n`);
  for (const [fault, own] of Object.entries(figures)) process.stdout.write(`\n${formatFault(fault, own)}`);
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify({ rounds, rate, faults: figures }, null, 2)}\n`);
  }
}

async function playAll(rounds: number, site: Site): Promise<PlayedRound[]> {
  const homes = await learnHomes(site);
  const played: PlayedRound[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const delayMs = ((round - 0.5) / rounds) * slowestIntervalMs;
    for (const fault of faults) {
      for (const contender of contenders) {
        const measured = await playPatiently(contender, fault, { site, homes, delayMs });
        played.push({ fault: fault.name, contender: contender.name, measured });
        process.stderr.write(
          `${round}/${rounds} ${fault.name}, ${contender.name}: ${formatMeasured(measured)}\n`,
        );
      }
    }
  }
  return played;
}

/** On a machine with other work a client may be lost for a while for no reason of ours: such a round is played once more. */
async function playPatiently(...[contender, fault, where]: Parameters<typeof playRound>): Promise<Measured> {
  try {
    return await playRound(contender, fault, where);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'timeout') throw error;
    process.stderr.write(`${fault.name}, ${contender.name}: ${error.message}; played once more\n`);
    return await playRound(contender, fault, where);
  }
}

/** Its version, after installing it where that is missing and may be done. */
async function installedExabgp(signal: AbortSignal): Promise<string> {
  const setup = await run(['./anycast', 'setup', 'exabgp:exabgp'], { signal, timeoutMs: installTimeoutMs });
  if (setup.exitCode !== 0) {
    throw new Fault('environment', setup.stderr.trim(), {
      hint: 'this measurement needs ExaBGP of Debian 12',
    });
  }
  const shown = await runOrThrow(['exabgp', '--version'], { signal });
  return shown.split('\n')[0]?.replace(/\s*:\s*/, ' ') ?? '';
}

function settings(options: Readonly<Record<string, number>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
