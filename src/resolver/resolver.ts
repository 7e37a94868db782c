/**
 * The resolver process: listeners -> pipeline -> cache -> upstreams, with a control socket and a metrics page beside them.
 *
 * It answers DNS on the PoP's management addresses and on the service address, and knows nothing of routing: whether this
 * PoP is announced is the agent's to decide, from what it sees of the resolver. Two things are there for the agent: the
 * control socket, which closes when this process ends, and the heartbeat on it, pushed by the same event loop that
 * answers queries, so that a loop that is stuck is heard of by silence. A heartbeat tells how many client queries have
 * come to the service address, by which a draining agent sees that traffic has gone quiet, and how hard the process is
 * pressed (`load-meter.ts`).
 *
 * Start: management addresses first, for without them nothing is right; then the control socket, so that whoever finds it
 * finds a resolver that answers; service addresses are listened on whenever they are present. Stop, the reverse: take no
 * more queries, answer those taken (bounded), end the questions under way, close.
 *
 * Standards: RFC 1034, 1035, 2181, 2308, 4892 (id.server), 5001, 5452, 6891, 7766, 7830, 7873, 8467, 8482, 8906,
 * 8914, 9018, 9520, 9619.
 * Not here: recursion, validation, encrypted transports; their places are marked in `pipeline.ts`.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { PopSlice } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { describeError } from '../system/fault.ts';
import { makeFolder } from '../system/files.ts';
import type { Log } from '../telemetry/log.ts';
import { serveMetrics } from '../telemetry/metrics-server.ts';
import { AnswerCache } from './cache/answer-cache.ts';
import { openClients } from './clients/clients.ts';
import { ResolverControl, type ResolverStatus } from './control.ts';
import { createCounters } from './counters.ts';
import { Listeners } from './listeners/listeners.ts';
import { createResponder } from './listeners/respond.ts';
import { TcpConnections, type TcpLimits, tcpLimits } from './listeners/tcp-connections.ts';
import { LoadMeter } from './load-meter.ts';
import { openNames } from './names/names.ts';
import { createPipeline } from './pipeline.ts';
import { createResolution } from './resolution.ts';
import { Forwarder } from './upstreams/forwarder.ts';
import { forwardZonesOf } from './upstreams/upstreams-of.ts';

export interface ResolverOptions {
  /** The folder of the PoP's control sockets; made when it is not there. */
  readonly runDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborts the start; the running resolver ends when it is disposed of. */
  readonly signal: AbortSignal;
  /** The port of every upstream; 53 everywhere but in tests. */
  readonly upstreamPort?: number;
  readonly tcpLimits?: TcpLimits;
}

export interface RunningResolver extends AsyncDisposable {
  readonly status: ResolverStatus;
}

/** Milliseconds between log lines about faults in policies, so that a query cannot be a way to fill a disk. */
const faultLogMs = 1000;

/** Milliseconds without a client's query that count as quiet at the end, and how long quiet is waited for: ten times what a withdrawal takes to reach the neighbours in the lab. */
const quietMs = 50;
const lingerMs = 300;

/** @throws Fault `environment` when a management address cannot be had, `busy` when another resolver has the socket. */
export async function startResolver(slice: PopSlice, options: ResolverOptions): Promise<RunningResolver> {
  const { clock, log, signal } = options;
  const { resolver, telemetry } = slice.config;
  await using parts = new AsyncDisposableStack();
  const counters = createCounters();
  const cache = new AnswerCache(resolver.cache.maxBytes);
  const forwarder = new Forwarder({
    zones: forwardZonesOf(slice),
    clock,
    counters,
    queryTimeoutMs: resolver.queryTimeout,
    upstreamTimeoutMs: resolver.upstreamTimeout,
    upstreamPort: options.upstreamPort ?? 53,
  });
  const resolution = createResolution({
    forwarder,
    onExhausted: limit => {
      counters.exhausted[limit] += 1;
    },
  });
  const own = ownAddresses(slice);
  const slotKey = [randomInt(2 ** 32), randomInt(2 ** 32)] as const;
  const clients = parts.use(
    await openClients({ config: resolver.clients, ownAddresses: own, clock, log, slotKey }),
  );
  const names = parts.use(await openNames({ config: resolver.names, clock, log }));
  const onRefused = (): void => {
    counters.refusedConnections += 1;
  };
  const connections = new TcpConnections(options.tcpLimits ?? tcpLimits, onRefused, own);
  const responder = createResponder({
    pipeline: createPipeline(slice, { clock, cache, resolution, clients, names, counters }),
    counters,
    clients,
    clock,
    workLimits: { ...resolver.budget, timeMs: resolver.queryTimeout },
    ownAddresses: own,
    onFault: faultLog(log, clock),
  });
  const listeners = new Listeners({ slice, responder, connections, clock, log });
  // Ends from the last to the first: no more queries, no more questions (what still waits gets SERVFAIL), no more sockets.
  parts.use(listeners);
  parts.use(forwarder);
  parts.defer(() => listeners.drain());
  // The agent has seen the control socket close and withdraws; clients come until the routers have heard of it.
  parts.defer(() => untilQuiet(clock, () => counters.clientQueries));
  await listeners.start(signal);
  const load = parts.use(new LoadMeter(slice));
  const control = new ResolverControl({ slice, clock, counters, cache, forwarder, listeners, load });
  await makeFolder(options.runDirectory);
  parts.use(await control.serve(join(options.runDirectory, 'resolver.sock')));
  // Last, because loading prom-client takes longer than all of the above: queries are answered meanwhile.
  const { resolverMetrics } = await import('./metrics.ts');
  const registry = resolverMetrics({ counters, cache, forwarder, connections, load });
  const page = { addresses: slice.pop.management, port: telemetry.resolverPort, registry };
  parts.use(await serveMetrics({ ...page, status: () => control.status }));
  const running = parts.move();
  return {
    get status() {
      return control.status;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
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
function ownAddresses({ config }: PopSlice): ReadonlySet<string> {
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
