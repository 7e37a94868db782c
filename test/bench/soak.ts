/**
 * Loads our resolver with good clients, hostile ones and hostile name servers at the same time, for as long as wanted, and
 * judges how it came through: `soak/verdict.ts`.
 *
 * The resolver recurses in a closed DNS (`universe/`) whose TTLs are short, with a cache that is soon full, and every
 * transport open. Good clients (`soak/good-client.ts`) ask at a steady, modest rate over each, and compare every answer
 * with the zone; they never ask twice. The attackers (`soak/attackers.ts`) flood it with names that do not exist, messages
 * that are none, connections that say nothing or read nothing, and questions in zones of a server that lies, keeps silent
 * or refers to thousands of others (`soak/hostile-server.ts`). Their rates are such that a processor can carry the sum:
 * what is judged is whether something gives way over time or on one message, not the rate at which a processor is full.
 *
 * Exit code 0 when all judgements hold, 1 when one does not, 2 when it could not be played.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDuration } from '../../src/config/duration.ts';
import { memoryBound } from '../../src/config/resolver/memory-bound.ts';
import { exitCodes, Fault } from '../../src/system/fault.ts';
import { makeCertificate } from '../resolver/certificates.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startAttack } from './soak/attack.ts';
import { shape } from './soak/field.ts';
import { GoodClient } from './soak/good-client.ts';
import { formatResult, writtenOf } from './soak/report.ts';
import { httpsAsker, streamAsker } from './soak/stream-asker.ts';
import { countersOf, judge, type SoakResult } from './soak/verdict.ts';
import { withCookies } from './soak/with-cookies.ts';
import { openAsker } from './universe/asker.ts';
import { openNameServers } from './universe/name-servers.ts';
import { inNamespace } from './universe/namespace.ts';
import { type Program, usageOf, watchUsage } from './universe/program.ts';
import { resolverPage, resolverStatus, startResolverProcess } from './universe/resolver-process.ts';
import { places } from './universe/zones.ts';

export interface BenchSoakOptions {
  /** As in a configuration: 30m. */
  readonly duration: string;
  /** Where the figures are written as JSON. */
  readonly json?: string;
}

const programs = ['nsd:nsd', 'openssl:openssl'];

const cacheOctets = 64 * 1024 * 1024;

const sampleMs = 1000;

export async function benchSoak(options: BenchSoakOptions): Promise<number> {
  return await inNamespace({ programs, measure: signal => soak(options, signal) });
}

async function soak({ duration, json }: BenchSoakOptions, signal: AbortSignal): Promise<number> {
  const durationMs = parseDuration(duration);
  if (durationMs === undefined || durationMs < 5000)
    throw new Fault('usage', '--duration takes 5s or more, such as 30m');
  await using parts = new AsyncDisposableStack();
  const { path: folder } = parts.use(await temporaryFolder());
  parts.use(await openNameServers(folder, shape));
  const resolver = parts.use(await startOpenResolver(folder));
  const clients = await goodClients(parts);
  const attack = parts.use(await startAttack());
  const crash = new AbortController();
  const end = AbortSignal.any([signal, crash.signal, AbortSignal.timeout(durationMs)]);
  const startedMs = performance.now();
  const before = usageOf(resolver.pid);
  const watching = watchUsage(resolver, sampleMs, end).finally(() => crash.abort());
  const [samples] = await Promise.all([watching, ...clients.map(client => client.run(end))]);
  signal.throwIfAborted();
  const playedMs = performance.now() - startedMs;
  const attackers = await attack.end();
  const after = samples.at(-1) ?? before;
  const result: SoakResult = {
    durationMs,
    good: Object.fromEntries(clients.map(({ name, tally }) => [name, tally])),
    attackers,
    isSameProcess: await isStill(resolver),
    samples,
    processorShare: (after.cpuUs - before.cpuUs) / 1000 / playedMs,
    waitingShare: (after.waitedUs - before.waitedUs) / 1000 / playedMs,
    residentBound: memoryBound({ cache: { maxBytes: cacheOctets }, threads: 0, workers: 0 }),
    counters: await lastCounters(),
  };
  process.stdout.write(formatResult(result));
  if (!resolver.isRunning) process.stdout.write(`${resolver.output.join('\n')}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(writtenOf(result), null, 2)}\n`);
  return judge(result).every(({ holds }) => holds) ? exitCodes.done : exitCodes.fault;
}

/** With all transports and cookies, and limits as they come. */
async function startOpenResolver(folder: string): Promise<Program> {
  const { certificate, key } = await makeCertificate(folder);
  const secretFile = join(folder, 'cookie-secrets');
  await writeFile(secretFile, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  return await startResolverProcess(join(folder, 'resolver'), [
    `cache: { maxBytes: ${cacheOctets} }`,
    `clients: { cookies: { secretFile: ${secretFile} } }`,
    `transports: { tls: { certificate: ${certificate}, key: ${key} }, dot: {}, doh: {} }`,
  ]);
}

async function goodClients(parts: AsyncDisposableStack): Promise<GoodClient[]> {
  const overUdp = async (from: string) => await openAsker({ server: places.anycast, from });
  const options = [
    {
      name: 'UDP, popular',
      perSecond: 40,
      names: 'popular',
      asker: withCookies(await overUdp('198.19.3.1')),
    },
    { name: 'UDP, any', perSecond: 20, names: 'any', asker: withCookies(await overUdp('198.19.3.2')) },
    { name: 'UDP, fresh', perSecond: 20, names: 'fresh', asker: withCookies(await overUdp('198.19.3.3')) },
    { name: 'UDP, no cookie', perSecond: 10, names: 'any', asker: await overUdp('198.19.3.4') },
    { name: 'TCP', perSecond: 10, names: 'any', asker: streamAsker('tcp') },
    { name: 'DoT', perSecond: 10, names: 'any', asker: streamAsker('dot') },
    { name: 'DoH', perSecond: 10, names: 'any', asker: httpsAsker() },
  ] as const;
  for (const { asker } of options) parts.use(asker);
  return options.map(each => new GoodClient(each));
}

/** False also where it says nothing any more. */
async function isStill(resolver: Program): Promise<boolean> {
  const status = await resolverStatus().catch(() => undefined);
  return resolver.isRunning && status?.pid === resolver.pid;
}

/** None where the page cannot be had: `isStill` says why. */
async function lastCounters(): Promise<Record<string, number>> {
  return countersOf(await resolverPage('/metrics').catch(() => ''));
}
