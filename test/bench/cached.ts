/**
 * Measures answers from a cache, beside Unbound, Knot Resolver, PowerDNS Recursor, BIND and dnsdist, each with one thread on
 * a processor of its own, in a network of the measurement's own (`universe/`); dnsperf, this process and the NSDs that the
 * names come from share the other processor.
 *
 * A turn (`cached/round.ts`): a fresh process; all names asked, and each answer compared with the zone; a load to warm up;
 * then as many questions of dnsperf's as are answered, for CPU per query and queries per second; then a flood of more than can
 * be answered, for the same, and one of half of that, for latencies (`cached/saturation.ts`); then TCP and DoT where they are
 * served. CPU is user and system time of the process by answers: on loopback, a share of it is the kernel's work for dnsperf's
 * socket, which is why the floors are there (`cached/echo.c`, `cached/dgram-echo.ts`). Where a server was not busy all the
 * time, who asked was the slower one: the tables say how busy each was, and standard error how long it waited for its
 * processor while it was ready to run.
 *
 * After the turns of a round, those that can have two workers get both processors, with dnsperf on the same two. At the end
 * each fills a fresh cache, and its growth by answers is its memory per answer, whatever it keeps besides.
 *
 * Exit code 0 when every turn was played; 2 when one could not be, or when more than one in a hundred questions failed.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes } from '../../src/system/fault.ts';
import { makeCertificate } from '../resolver/certificates.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { anycast, anycastDgram } from './cached/anycast.ts';
import type { Contender } from './cached/contender.ts';
import { dnsdist, dnsdistUnbatched } from './cached/dnsdist.ts';
import { dgramEcho, echo } from './cached/echo.ts';
import { figuresOf, type Measured, type MemoryOfAnswers, type TwoWorkers } from './cached/figures.ts';
import { kresd } from './cached/kresd.ts';
import { clients, outstanding } from './cached/load.ts';
import { named } from './cached/named.ts';
import { pdns } from './cached/pdns.ts';
import {
  measureMemory,
  measureOneCore,
  measureTwoCores,
  type Pace,
  type Questions,
  type Turn,
} from './cached/round.ts';
import { formatFigures } from './cached/tables.ts';
import { unbound } from './cached/unbound.ts';
import { floodPrograms } from './universe/flood.ts';
import { openNameServers } from './universe/name-servers.ts';
import { inNamespace } from './universe/namespace.ts';
import { shuffle } from './universe/shuffle.ts';
import { hostOf, type UniverseShape } from './universe/zones.ts';

export interface BenchCachedOptions {
  readonly rounds: number;
  /** Short loads and a small cache: to see that all works, not what it costs. */
  readonly isQuick: boolean;
  /** Names of contenders; all when absent. */
  readonly only?: readonly string[];
  /** Where the figures are written as JSON. */
  readonly json?: string;
}

const all: readonly Contender[] = [
  ...[anycast, anycastDgram],
  ...[unbound, kresd, pdns, named, dnsdist, dnsdistUnbatched],
  ...[echo, dgramEcho],
];
const programs = ['openssl:openssl', 'dnsperf:dnsperf', 'nsd:nsd', ...floodPrograms];

const shape: UniverseShape = { zones: 1000, hostsPerZone: 100, ttlSeconds: 86_400 };
const askedNames = 2000;
const paces = {
  whole: { warm: 3, udp: 6, flood: 2, stream: 3 },
  quick: { warm: 1, udp: 2, flood: 2, stream: 1 },
} as const satisfies Record<string, Pace>;
/** Names that fill a cache. */
const filling = { whole: 100_000, quick: 20_000 } as const;

export async function benchCached(options: BenchCachedOptions): Promise<number> {
  const problem = problemOf(options);
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    return exitCodes.usage;
  }
  const contenders = all.filter(({ name }) => options.only?.includes(name) ?? true);
  return await inNamespace({
    programs: [...new Set([...programs, ...contenders.flatMap(each => each.programs)])],
    measure: signal => measure(contenders, options, signal),
  });
}

function problemOf({ rounds, only }: BenchCachedOptions): string | undefined {
  if (!Number.isInteger(rounds) || rounds < 1) return '--rounds takes a whole number from 1';
  const known = all.map(({ name }) => name);
  const unknown = only?.find(name => !known.includes(name));
  return unknown === undefined ? undefined : `there is no '${unknown}'; known: ${known.join(', ')}`;
}

async function measure(
  contenders: readonly Contender[],
  { rounds, isQuick, json }: BenchCachedOptions,
  signal: AbortSignal,
): Promise<number> {
  await using parts = new AsyncDisposableStack();
  const { path: folder } = parts.use(await temporaryFolder());
  parts.use(await openNameServers(folder, shape));
  const pace = isQuick ? paces.quick : paces.whole;
  const doubts: string[] = [];
  const certificate = await makeCertificate(folder);
  const about = { folder, certificate, pace, signal, doubts };
  const questions = await writeQuestions(join(folder, 'asked'), askedNames);
  const oneCore = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  const ofTwo = contenders.filter(({ hasTwoWorkers }) => hasTwoWorkers);
  const twoCores = new Map<string, TwoWorkers[]>(ofTwo.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    // Who is first changes, as what is left warm by the others might matter.
    const inOrder = <T>(list: readonly T[]) => (round % 2 === 1 ? list : list.toReversed());
    for (const contender of inOrder(contenders)) {
      const turn = turnOf(`${round}/${rounds} ${contender.name}`, { ...about, questions });
      oneCore.get(contender.name)?.push(await measureOneCore(contender, turn));
    }
    for (const contender of inOrder(ofTwo)) {
      const turn = turnOf(`${round}/${rounds} ${contender.name} x2`, { ...about, questions });
      twoCores.get(contender.name)?.push(await measureTwoCores(contender, turn));
    }
  }
  const many = await writeQuestions(join(folder, 'filling'), isQuick ? filling.quick : filling.whole);
  const memory = new Map<string, MemoryOfAnswers>();
  for (const contender of contenders) {
    if (contender.kind === 'floor') continue;
    const turn = turnOf(`memory ${contender.name}`, { ...about, questions: many });
    memory.set(contender.name, await measureMemory(contender, turn));
  }
  const figures = figuresOf({ rounds, contenders, oneCore, twoCores, memory, doubts });
  process.stdout.write(
    `${askedNames} cached names, ${outstanding} at a time from ${clients} ports, with EDNS; medians of ${rounds} rounds; memory of ${many.hosts.length} names\n`,
  );
  for (const { name, summary } of contenders) process.stdout.write(`  ${name}: ${summary}\n`);
  process.stdout.write(`\n${formatFigures(figures)}`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`);
  return doubts.length === 0 ? exitCodes.done : exitCodes.notRun;
}

type About = Omit<Turn, 'doubt' | 'tell'> & { readonly doubts: string[] };

function turnOf(title: string, { folder, doubts, ...rest }: About): Turn {
  return {
    ...rest,
    folder: join(folder, title.replaceAll(/\W+/g, '-')),
    tell: text => {
      process.stderr.write(`${title}: ${text}\n`);
    },
    doubt: text => {
      process.stderr.write(`${title}: ${text}\n`);
      doubts.push(text);
    },
  };
}

/** So many names of all zones alike, in random order, and the file that dnsperf reads. */
async function writeQuestions(path: string, count: number): Promise<Questions> {
  const step = (shape.zones * shape.hostsPerZone) / count;
  const hosts = Array.from({ length: count }, (_, index) => hostOf(shape, Math.floor(index * step)));
  shuffle(hosts);
  await writeFile(path, hosts.map(({ name }) => `${name} A\n`).join(''));
  return { hosts, path };
}
