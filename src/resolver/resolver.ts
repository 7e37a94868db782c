/**
 * The resolver process: listeners -> pipeline -> cache -> upstreams, with a control socket and a metrics page beside them.
 *
 * Two kinds of parts. Listeners, caches, counters, control socket and metrics page live as long as the process. What is made
 * from the configuration is a generation (`generations/`), and a reload (`reload/`) puts another in its place.
 *
 * It answers DNS on the PoP's management addresses and on the service address, and knows nothing of routing: whether this
 * PoP is announced is the agent's to decide, from what it sees of the resolver. Two things are there for the agent: the
 * control socket, which closes when this process ends, and the heartbeat on it, pushed by the same event loop that
 * answers queries, so that a loop that is stuck is heard of by silence. A heartbeat tells how many client queries have
 * come to the service address, by which a draining agent sees that traffic has gone quiet, and how hard the process is
 * pressed (`load-meter.ts`).
 *
 * Start: management addresses first, for without them nothing is right; then the control socket, so that whoever finds it
 * finds a resolver that answers; then, where that is wanted, a peer's cache is taken over; from then on service addresses
 * are listened on whenever they are present. Stop, the reverse: take no more queries, answer those taken (bounded), end
 * the questions under way, close.
 *
 * Standards: RFC 1034, 1035, 2181, 2308, 4592, 4892 (id.server), 5001, 5452, 6672, 6891, 7766, 7828, 7830, 7858, 7873,
 * 8020, 8310, 8467, 8482, 8484, 8767, 8906, 8914, 9018, 9077, 9156, 9520, 9609, 9619, 9715.
 * What all of it may take of the machine's memory follows from `cache.maxBytes`, `threads` and `workers`: `memory.ts`.
 * Not here: validation; its place is marked in `pipeline.ts`.
 */
import { join } from 'node:path';
import type { PopSlice } from '../config/anycast-config.ts';
import { memoryBound } from '../config/resolver/memory-bound.ts';
import type { Clock } from '../system/clock.ts';
import { describeError } from '../system/fault.ts';
import { makeFolder } from '../system/files.ts';
import type { HeldLifeline } from '../system/lifeline.ts';
import type { Log } from '../telemetry/log.ts';
import { serveMetrics } from '../telemetry/metrics-server.ts';
import { AnswerCache } from './cache/answer-cache.ts';
import { createCacheActivity } from './cache/cache-activity.ts';
import { CacheContents } from './cache/cache-contents.ts';
import { cacheShares } from './cache/cache-shares.ts';
import { staleMsOf, ttlLimits } from './cache/cacheable.ts';
import { RRsetCache } from './cache/rrset-cache.ts';
import { dumpPath, peersOf, warmUp } from './cache/warm-up.ts';
import { ResolverControl, type ResolverStatus } from './control.ts';
import { createCounters } from './counters.ts';
import { dnstapTold } from './dnstap/dnstap-told.ts';
import type { UpstreamTap } from './dnstap/tap.ts';
import { FastSource } from './fast-path/fast-source.ts';
import { fastTold } from './fast-path/fast-told.ts';
import { openUdpThreads } from './fast-path/open-udp-threads.ts';
import { threadsTold } from './fast-path/threads-told.ts';
import type { LastingParts } from './generations/generation.ts';
import { Generations } from './generations/generations.ts';
import { PartsOpener } from './generations/opened-parts.ts';
import { OwnSourcesOpener } from './generations/own-sources.ts';
import { libcForLanes } from './listeners/lane-sockets.ts';
import { Listeners } from './listeners/listeners.ts';
import { createResponder } from './listeners/respond.ts';
import { TcpConnections, type TcpLimits, tcpLimitsOf } from './listeners/tcp-connections.ts';
import { transportsTold } from './listeners/transports-told.ts';
import { LoadMeter } from './load-meter.ts';
import { memoryTold, requireHeapFor } from './memory.ts';
import { type ConfigVersion, Reload } from './reload/reload.ts';
import type { ReloadReport } from './reload/reload-text.ts';
import { ResolverWorkers } from './workers/resolver-workers.ts';
import { workersTold } from './workers/workers-told.ts';

export interface ResolverOptions {
  /** The folder of the PoP's control sockets; made when it is not there. */
  readonly runDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborts the start; the running resolver ends when it is disposed of. */
  readonly signal: AbortSignal;
  /** The port of every upstream; 53 everywhere but in tests. */
  readonly upstreamPort?: number;
  /** Instead of what the configuration and the defaults say. */
  readonly tcpLimits?: Partial<TcpLimits>;
  /** Shown when the control socket is there. Made before anything else is opened, which its thread would keep open. */
  readonly lifeline?: HeldLifeline;
  /** Of the file that the slice was read from; shown by `status`. */
  readonly configHash?: string;
  /** Reads that file again, for a reload; without it there is none. */
  readonly readConfig?: () => Promise<ConfigVersion>;
}

export interface RunningResolver extends AsyncDisposable {
  readonly status: ResolverStatus;
  /** Takes the file's present content over. @throws Fault of what speaks against it; nothing has changed then. */
  reload(): Promise<ReloadReport>;
}

/** Milliseconds between log lines about faults in policies, so that a query cannot be a way to fill a disk. */
const faultLogMs = 1000;

/** Milliseconds without a client's query that count as quiet at the end, and how long quiet is waited for: ten times what a withdrawal takes to reach the neighbours in the lab. */
const quietMs = 50;
const lingerMs = 300;

/** What a listener thread answers by itself. */
const fastPathModule = new URL('./fast-path/open-fast-path.ts', import.meta.url).href;

/** @throws Fault `environment` when a management address cannot be had, `busy` when another resolver has the socket. */
export async function startResolver(slice: PopSlice, options: ResolverOptions): Promise<RunningResolver> {
  const { clock, log, signal } = options;
  const { resolver, telemetry } = slice.config;
  await using parts = new AsyncDisposableStack();
  const counters = createCounters();
  const shares = cacheShares(resolver.cache);
  const cache = new AnswerCache(shares.answers, staleMsOf(resolver.cache));
  const cacheActivity = createCacheActivity();
  const own = ownAddresses(slice);
  let fast: FastSource | undefined;
  const renewFast = (): void => fast?.renew();
  let tap: (() => UpstreamTap | undefined) | undefined;
  const { upstreamPort = 53 } = options;
  const workers =
    resolver.workers === 0
      ? undefined
      : parts.use(await ResolverWorkers.start({ slice, upstreamPort, counters, clock, log }));
  const sources =
    workers ??
    new OwnSourcesOpener({
      clock,
      rrsets: new RRsetCache({ maxOctets: shares.rrsets, limits: ttlLimits(resolver.cache), clock }),
      counters,
      upstreamPort,
      upstreamTap: () => tap?.(),
    });
  const { rrsets } = sources;
  const lasting = { clock, log, cache, cacheActivity, counters, sources };
  const opener = new PartsOpener({ ownAddresses: own, clock, log, onChanged: renewFast });
  const generations = await firstGeneration(slice, lasting, opener);
  tap = () => generations.current.dnstap?.upstream;
  const contents = new CacheContents({
    get slice() {
      return generations.current.slice;
    },
    answers: cache,
    rrsets,
    activity: cacheActivity,
    clock,
    onCleared: () => generations.current.sources.clear(),
    onFlushed: renewFast,
  });
  const fastPath = new FastSource({
    get slice() {
      return generations.current.slice;
    },
    get clients() {
      return generations.current.clients;
    },
    get names() {
      return generations.current.names;
    },
    maxOctets: shares.table,
    cache,
    slotKey: opener.slotKey,
    counters,
    ownAddresses: own,
    clock,
  });
  fast = fastPath;
  const gather = (): void => {
    fastPath.gather();
    workers?.gather();
  };
  const onRefused = (): void => {
    counters.refusedConnections += 1;
  };
  const connections = new TcpConnections({ ...tcpLimitsOf(slice), ...options.tcpLimits }, onRefused, own);
  const responder = createResponder({
    pipeline: query => fastPath.watch(query, generations.answer(query)),
    counters,
    get clients() {
      return generations.current.clients;
    },
    clock,
    get workLimits() {
      return generations.current.workLimits;
    },
    get tap() {
      return generations.current.dnstap;
    },
    ownAddresses: own,
    onFault: faultLog(log, clock),
  });
  const threads = await openUdpThreads({
    threads: resolver.threads,
    fastPath: { module: fastPathModule, sharedFor: thread => fastPath.sharedFor(thread) },
    clock,
    log,
  });
  fastPath.onRenewed = () => threads?.renew();
  if (threads) parts.use(threads);
  const fastHere = threads ? undefined : fastPath.openOwn();
  const listeners = new Listeners({
    slice,
    responder,
    connections,
    threads,
    fastPath: fastHere,
    libc: await libcForLanes(log, threads?.libc),
    clock,
    log,
  });
  // Ends from the last to the first: no more queries, no more questions (what still waits gets SERVFAIL), no more sockets.
  parts.use(listeners);
  parts.use(generations);
  parts.defer(() => listeners.drain());
  // The agent has seen the control socket close and withdraws; clients come until the routers have heard of it.
  const clientQueries = (): number => fastPath.clientQueries;
  parts.defer(() => untilQuiet(clock, clientQueries));
  await listeners.start(signal);
  const load = parts.use(new LoadMeter(slice));
  const reload = new Reload({
    clock,
    log,
    slice,
    hash: options.configHash,
    read: options.readConfig,
    take: async next => {
      requireHeapFor(next.config.resolver.cache);
      const before = generations.current;
      await using opened = await opener.open(next, before.shared);
      const flushed = generations.replace(next, opened);
      own.clear();
      for (const address of ownAddresses(next)) own.add(address);
      const { logLevel } = next.config.telemetry;
      if (logLevel !== before.slice.config.telemetry.logLevel) log.level = logLevel;
      renewFast();
      generations.current.dnstap?.reopen();
      // What is new has just been read.
      if (opened.clients === before.shared.clients) void opened.clients.part.reload();
      if (opened.names === before.shared.names) void opened.names.part.reload();
      void listeners.reloadCertificates();
      return flushed;
    },
  });
  const control = new ResolverControl({
    slice,
    clock,
    counters,
    cache,
    rrsets,
    cacheActivity,
    contents,
    load,
    listeners,
    threads,
    workers,
    reload,
    generations,
    lifeline: options.lifeline,
    gather,
    clientQueries,
  });
  await makeFolder(options.runDirectory);
  parts.use(await control.serve(join(options.runDirectory, 'resolver.sock')));
  options.lifeline?.show();
  await warmUp({ slice, contents, clock, log, signal });
  listeners.serve();
  // Last, because loading prom-client takes longer than all of the above: queries are answered meanwhile.
  const { resolverMetrics } = await import('./metrics.ts');
  const dnstap = dnstapTold(counters.dnstap);
  const memory = memoryTold(() => memoryBound(generations.current.slice.config.resolver));
  const registry = resolverMetrics(
    { counters, cache, rrsets, cacheActivity, generations, connections, load, gather },
    [
      ...transportsTold(listeners),
      ...fastTold(fastPath),
      ...(threads ? threadsTold(threads) : []),
      ...(workers ? workersTold(workers) : []),
      ...[...reload.told, ...dnstap, ...memory],
    ],
  );
  const page = { addresses: slice.pop.management, port: telemetry.resolverPort, registry };
  const dump = { isAdmitted: peersOf(slice), text: () => contents.dump({ isReadable: false }) };
  parts.use(await serveMetrics({ ...page, status: () => control.status, streams: { [dumpPath]: dump } }));
  const running = parts.move();
  return {
    get status() {
      return control.status;
    },
    reload: () => reload.run(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** @throws Fault of what cannot be made of this configuration; nothing is left of it then. */
async function firstGeneration(
  slice: PopSlice,
  lasting: LastingParts,
  opener: PartsOpener,
): Promise<Generations> {
  await using opened = await opener.open(slice);
  return new Generations(slice, lasting, opened);
}

/** Waits, at most `lingerMs`, until a while has passed in which no client asked; not at all where none ever has. */
async function untilQuiet(clock: Clock, clientQueries: () => number): Promise<void> {
  for (let waitedMs = 0; clientQueries() > 0 && waitedMs < lingerMs; waitedMs += quietMs) {
    const before = clientQueries();
    await clock.sleep(quietMs);
    if (clientQueries() === before) return;
  }
}

/** Addresses from which queries are not clients': every PoP's own, and this machine's. */
function ownAddresses({ config }: PopSlice): Set<string> {
  const own = [...config.service.addresses, ...Object.values(config.pops).flatMap(pop => pop.management)];
  return new Set([...own.map(address => address.text), '127.0.0.1', '::1']);
}

function faultLog(log: Log, clock: Clock): (error: unknown) => void {
  let quietUntilMs = 0;
  return error => {
    if (clock.monotonicMs() < quietUntilMs) return;
    quietUntilMs = clock.monotonicMs() + faultLogMs;
    log.error(
      { error: describeError(error), stack: error instanceof Error ? error.stack : undefined },
      'query failed',
    );
  };
}
