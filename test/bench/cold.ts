/**
 * Measures answers that no cache has, beside Unbound: 100 000 names of 1000 zones, each asked once, in a closed DNS of real
 * NSDs in a network of the measurement's own (`universe/`).
 *
 * A round is the same for both, one after the other: a fresh process on a processor of its own; all names in random order,
 * a bounded number at a time (dnsperf), while NSD, dnsperf and this process share the other processor; then what it has
 * used. CPU is user and system time of the process between the first question and the last answer. Octets per RRset are what
 * its resident memory grew by, cached answers, delegations and all that is known of servers included, divided by the RRsets
 * that it says it has cached. Latencies are those of a server that always has `outstanding` questions to work on: they say
 * how fast it is, not how long a lone client waits. After that every name is asked again and each answer compared with the
 * zone. Then both play again with two workers on both processors, which the load shares with them. Neither validates. Where
 * other programs want the same processor, queries per second and latencies are theirs as well: the time that the server
 * waited for it is printed with each round.
 *
 * Exit code 0 when every round was played, whatever was measured; 2 when one could not be, or when more than one in a
 * thousand answers was not right.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exitCodes, Fault } from '../../src/system/fault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { anycast, anycastWithTwo } from './cold/anycast.ts';
import type { Contender } from './cold/contender.ts';
import { figuresOf, formatFigures, formatMeasured, type Measured } from './cold/figures.ts';
import { askAll, outstanding } from './cold/load.ts';
import { unbound, unboundWithTwo } from './cold/unbound.ts';
import { wrongAnswers } from './universe/check-answers.ts';
import { openNameServers } from './universe/name-servers.ts';
import { cores, coresFor, inNamespace } from './universe/namespace.ts';
import { usageOf } from './universe/program.ts';
import { shuffle } from './universe/shuffle.ts';
import { type Host, hostOf, type UniverseShape } from './universe/zones.ts';

export interface BenchColdOptions {
  readonly rounds: number;
  /** Where the figures are written as JSON. */
  readonly json?: string;
}

const shape: UniverseShape = { zones: 1000, hostsPerZone: 100, ttlSeconds: 86_400 };
const contenders: readonly Contender[] = [anycast, unbound, anycastWithTwo, unboundWithTwo];
const programs = ['unbound:unbound', 'unbound-control:unbound', 'dnsperf:dnsperf', 'nsd:nsd'];

/** Above this share of answers that are not right, a figure means nothing. */
const wrongShare = 0.001;

/** Milliseconds before memory is read, so that what is under way is over. */
const settleMs = 500;

export async function benchCold(options: BenchColdOptions): Promise<number> {
  return await inNamespace({ programs, measure: signal => measure(options, signal) });
}

async function measure({ rounds, json }: BenchColdOptions, signal: AbortSignal): Promise<number> {
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Fault('usage', '--rounds takes a whole number from 1');
  await using parts = new AsyncDisposableStack();
  const { path: folder } = parts.use(await temporaryFolder());
  parts.use(await openNameServers(folder, shape));
  const hosts = Array.from({ length: shape.zones * shape.hostsPerZone }, (_, index) => hostOf(shape, index));
  const measured = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    shuffle(hosts);
    // Who is first changes, as what is left warm by the other might matter.
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      const own = await playRound(contender, {
        folder: join(folder, `${round}-${contender.name}`),
        hosts,
        signal,
      });
      measured.get(contender.name)?.push(own);
      process.stderr.write(`${round}/${rounds} ${contender.name}: ${formatMeasured(own)}\n`);
    }
  }
  const figures = figuresOf(measured);
  process.stdout.write(
    `${hosts.length} names of ${shape.zones} zones, each asked once, ${outstanding} at a time; medians of ${rounds} rounds\n`,
  );
  for (const { name, summary } of contenders) process.stdout.write(`  ${name}: ${summary}\n`);
  process.stdout.write(`\n${formatFigures(figures)}`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`);
  return exitCodes.done;
}

interface Round {
  readonly folder: string;
  /** In the order in which they are asked for. */
  readonly hosts: readonly Host[];
  readonly signal: AbortSignal;
}

async function playRound(contender: Contender, { folder, hosts, signal }: Round): Promise<Measured> {
  signal.throwIfAborted();
  await mkdir(folder);
  const own = join(folder, 'server');
  await using program = await contender.start(own);
  await delay(settleMs);
  const before = usageOf(program.pid);
  const load = await askAll(
    hosts.map(({ name }) => name),
    {
      server: contender.address,
      folder,
      processors: contender.workers === 1 ? [cores.others] : coresFor(contender.workers),
    },
  );
  const after = usageOf(program.pid);
  const cpuUs = after.cpuUs - before.cpuUs;
  const waitedMs = Math.round((after.waitedUs - before.waitedUs) / 1000);
  await delay(settleMs);
  const grown = usageOf(program.pid).residentOctets - before.residentOctets;
  const rrsets = await contender.countRrsets(own);
  if (load.failed > hosts.length * wrongShare)
    throw new Fault(
      'refused',
      `${contender.name}: ${load.failed} not answered: ${JSON.stringify(load.failures)}`,
    );
  const wrong = await wrongAnswers(hosts, contender.address, { signal });
  if (wrong.length > hosts.length * wrongShare)
    throw new Fault('refused', `${contender.name}: ${wrong.length} wrong answers, such as for ${wrong[0]}`);
  const { qps, p50Ms, p99Ms } = load;
  process.stderr.write(
    `  ${rrsets} RRsets, ${Math.round(grown / 2 ** 20)} MiB grown; waited ${waitedMs} ms for its processor; ${load.failed} not answered, ${wrong.length} wrong\n`,
  );
  return { qps, cpuUsPerQuery: cpuUs / hosts.length, p50Ms, p99Ms, bytesPerRrset: grown / rrsets };
}
