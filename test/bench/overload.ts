/**
 * Offers our resolver twice the queries that it can answer, and judges how those came through who must:
 * `overload/verdict.ts`.
 *
 * First the most that it can answer of what is cached is found, on the one processor that it has. Then twice as many queries
 * come for a while, without cookies, from thousands of addresses, one of which asks more than it may
 * (`universe/flood.c`); beside them a few clients with valid cookies, one without, and the agent's own checks, with their
 * own time-outs, from this process. All of those share the other processor, the flood yielding to them.
 *
 * The resolver's limits are as they come; only the address is exempt from which its cache is filled. Every datagram must be
 * in one of the resolver's accounts afterwards, those that the kernel dropped included.
 *
 * Exit code 0 when all judgements hold, 1 when one does not, 2 when it could not be played.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryBound } from '../../src/config/resolver/memory-bound.ts';
import { exitCodes, Fault } from '../../src/system/fault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { load } from './cached/load.ts';
import { askSteadily, createTally } from './overload/client.ts';
import { floodQueries, hosts, shape } from './overload/field.ts';
import { createProbeTallies, probe } from './overload/probes.ts';
import { formatResult, writtenOf } from './overload/report.ts';
import { type Accounts, isOverload, judge, type OverloadResult } from './overload/verdict.ts';
import { countersOf } from './soak/verdict.ts';
import { withCookies } from './soak/with-cookies.ts';
import { type Asker, openAsker } from './universe/asker.ts';
import { buildFlood, type Flood, floodPrograms, rampUp } from './universe/flood.ts';
import { openNameServers } from './universe/name-servers.ts';
import { inNamespace } from './universe/namespace.ts';
import { type Program, watchUsage } from './universe/program.ts';
import { resolverPage, resolverStatus, startResolverProcess } from './universe/resolver-process.ts';
import { places } from './universe/zones.ts';

export interface BenchOverloadOptions {
  readonly threads: number;
  /** Where the figures are written as JSON. */
  readonly json?: string;
}

const programs = ['nsd:nsd', 'dnsperf:dnsperf', ...floodPrograms];

const cacheOctets = 64 * 2 ** 20;
const seconds = { warm: 2, most: 3, overload: 20 } as const;
const clientsPerSecond = 100;
const cookieClients = ['198.19.3.2', '198.19.3.3', '198.19.3.4', '198.19.3.5'];
const plainClient = '198.19.3.6';
/** Milliseconds after which nothing is under way, and the kernel's drops have been read. */
const settleMs = 2000;
const sampleMs = 250;

export async function benchOverload(options: BenchOverloadOptions): Promise<number> {
  return await inNamespace({ programs, measure: signal => overload(options, signal) });
}

async function overload({ threads, json }: BenchOverloadOptions, signal: AbortSignal): Promise<number> {
  if (!Number.isInteger(threads) || threads < 0) throw new Fault('usage', '--threads takes a whole number');
  await using parts = new AsyncDisposableStack();
  const { path: folder } = parts.use(await temporaryFolder());
  parts.use(await openNameServers(folder, shape));
  const flood = await buildFlood(folder, floodQueries());
  const resolver = parts.use(await startWithCookies(folder, threads));
  const mostPerSecond = await mostOf(flood, folder, signal);
  const clients = await openClients(parts);
  const tallies = clients.map(createTally);
  const probes = createProbeTallies();
  const before = await counters(signal);
  const over = new AbortController();
  const end = AbortSignal.any([signal, over.signal]);
  const flooding = flood.run(2 * mostPerSecond, seconds.overload, signal).finally(() => over.abort());
  const [flooded, samples] = await Promise.all([
    flooding,
    watchUsage(resolver, sampleMs, end),
    probe(probes, join(folder, 'resolver', 'run'), end),
    ...clients.map((asker, index) =>
      askSteadily({ asker, perSecond: clientsPerSecond, tally: tallies[index] ?? createTally() }, end),
    ),
  ]);
  const after = await counters(signal);
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) throw new Fault('internal', 'an overload that nobody watched');
  const status = await resolverStatus();
  const plain = tallies.pop() ?? createTally();
  const asked = [...tallies, plain].reduce((sum, { sent }) => sum + sent, 0);
  const { healthy, unhealthy } = probes['dns over UDP'];
  const probed = Object.values(unhealthy).reduce((sum, count) => sum + count, healthy);
  const result: OverloadResult = {
    threads,
    mostPerSecond,
    flood: flooded,
    cookieClients: Object.fromEntries(
      tallies.map((tally, index) => [`cookie, ${cookieClients[index]}`, tally]),
    ),
    plainClient: plain,
    probes,
    sent: flooded.sent + asked + probed,
    accounts: accountsBetween(before, after),
    statusDrops: status.receiveDrops - (before.anycast_resolver_receive_drops_total ?? 0),
    residentOctets: Math.max(...samples.map(({ residentOctets }) => residentOctets)),
    residentBound: memoryBound({ cache: { maxBytes: cacheOctets }, threads, workers: 0 }),
    processorShare: (last.cpuUs - first.cpuUs) / 1e6 / flooded.seconds,
  };
  process.stdout.write(formatResult(result));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(writtenOf(result), null, 2)}\n`);
  if (!isOverload(result)) throw new Fault('environment', 'this machine could not send twice as much');
  return judge(result).every(({ holds }) => holds) ? exitCodes.done : exitCodes.fault;
}

async function startWithCookies(folder: string, threads: number): Promise<Program> {
  const secretFile = join(folder, 'cookie-secrets');
  await writeFile(secretFile, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  return await startResolverProcess(join(folder, 'resolver'), [
    `cache: { maxBytes: ${cacheOctets} }`,
    `clients: { cookies: { secretFile: ${secretFile} }, exempt: [${places.client}/32] }`,
    `threads: ${threads}`,
  ]);
}

/**
 * Answers per second, at most, of what is cached: as many as dnsperf gets, or more where more are answered of half as many
 * again.
 */
async function mostOf(flood: Flood, folder: string, signal: AbortSignal): Promise<number> {
  const questions = join(folder, 'questions');
  await writeFile(questions, hosts.map(({ name }) => `${name} A\n`).join(''));
  const about = { server: places.service, questions, folder, signal };
  await load({ ...about, lasts: { times: 3 } });
  await load({ ...about, lasts: { seconds: seconds.warm } });
  const { answers, seconds: lasted } = await load({ ...about, lasts: { seconds: seconds.most } });
  const known = answers / lasted;
  const { qps } = await rampUp(known, async perSecond => {
    const before = await counters(signal);
    const flooded = await flood.run(perSecond, seconds.most, signal);
    const { answered, limited } = accountsBetween(before, await counters(signal));
    return { qps: (answered + limited) / flooded.seconds };
  });
  return Math.max(known, qps);
}

/** When nothing is under way any more. */
async function counters(signal: AbortSignal): Promise<Counters> {
  await delay(settleMs, undefined, { signal });
  return countersOf(await resolverPage('/metrics'));
}

/** Those with cookies have them; the last has none. */
async function openClients(parts: AsyncDisposableStack): Promise<Asker[]> {
  const open = async (from: string) => await openAsker({ server: places.service, from });
  const all: Asker[] = [];
  for (const from of cookieClients) all.push(parts.use(withCookies(await open(from))));
  all.push(parts.use(await open(plainClient)));
  for (const asker of all) {
    const none = createTally();
    const enough = AbortSignal.timeout(500);
    await askSteadily({ asker, perSecond: 20, tally: none }, enough);
    if (none.answered !== none.asked)
      throw new Fault('refused', `before the overload a client got ${JSON.stringify(none)}`);
  }
  return all;
}

type Counters = Readonly<Record<string, number>>;

function accountsBetween(before: Counters, after: Counters): Accounts {
  const grown = (pattern: RegExp): number =>
    Object.entries(after)
      .filter(([name]) => pattern.test(name))
      .reduce((sum, [name, value]) => sum + value - (before[name] ?? 0), 0);
  return {
    answered: grown(/^anycast_resolver_replies_total\{.*transport="udp"/),
    limited: grown(/^anycast_resolver_limited_total\{.*"(dropped|discarded)"/),
    ignored: grown(/^anycast_resolver_ignored_total/),
    shed: grown(/^anycast_resolver_thread_shed_total/),
    receiveDrops: grown(/^anycast_resolver_receive_drops_total/),
  };
}
