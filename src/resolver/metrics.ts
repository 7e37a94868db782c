/** The resolver's numbers as Prometheus reads them: collected from the counters at each scrape, never in the query path. */
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { cacheTold, type ToldCaches } from './cache/cache-told.ts';
import { clientsTold } from './clients/clients-told.ts';
import { cacheOutcomes, limits, type ResolverCounters, upstreamOutcomes } from './counters.ts';
import type { Generations } from './generations/generations.ts';
import type { TcpConnections } from './listeners/tcp-connections.ts';
import type { LoadMeter } from './load-meter.ts';
import { namesTold } from './names/names-told.ts';
import { recursionTold } from './recursion-told.ts';
import type { Told } from './told.ts';
import { trafficTold } from './traffic-told.ts';

export interface MetricsSources extends ToldCaches {
  readonly counters: ResolverCounters;
  readonly generations: Generations;
  readonly connections: TcpConnections;
  readonly load: LoadMeter;
  /** Brings the counters up to date with what threads have counted. */
  readonly gather: () => void;
}

class GatheringRegistry extends Registry {
  readonly #gather: () => void;

  constructor(gather: () => void) {
    super();
    this.#gather = gather;
  }

  override metrics(): Promise<string> {
    this.#gather();
    return super.metrics();
  }
}

/** `parts`: what the parts of the resolver have to tell besides. */
export function resolverMetrics(sources: MetricsSources, parts: readonly Told[] = []): Registry {
  const registry = new GatheringRegistry(sources.gather);
  const { generations } = sources;
  const { clients, names } = generations.current;
  const own = [
    ...trafficTold(sources.counters.traffic),
    ...cacheTold(sources),
    ...clientsTold(clients.counters),
    ...namesTold(names.counters, () => generations.current.names),
    ...recursionTold(() => generations.current.sources.status.recursion),
    ...countersTold(sources),
    ...gaugesTold(sources),
  ];
  for (const told of [...own, ...parts]) registry.registerMetric(metricOf(told));
  return registry;
}

function countersTold({ counters, load }: MetricsSources): Told[] {
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_cache_lookups_total',
      help: 'Questions looked up in the cache',
      labels: ['outcome'],
      read: () => cacheOutcomes.map(outcome => [outcome, counters.cache[outcome]]),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_upstream_messages_total',
      help: 'What became of messages to upstreams',
      labels: ['outcome'],
      read: () => upstreamOutcomes.map(outcome => [outcome, counters.upstream[outcome]]),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_client_queries_total',
      help: 'Queries to a service address from other than our own addresses',
      read: () => counters.clientQueries,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_ignored_total',
      help: 'Messages that got no reply: too short, or replies themselves',
      read: () => counters.ignored,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_faults_total',
      help: 'Queries answered SERVFAIL because of a fault of the resolver itself',
      read: () => counters.faults,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_remembered_failures_total',
      help: 'Queries answered SERVFAIL because the question had just failed',
      read: () => counters.rememberedFailures,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_coalesced_total',
      help: 'Queries that joined a question already under way',
      read: () => counters.coalesced,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_budget_exhausted_total',
      help: 'Queries answered SERVFAIL because resolving them would cost too much',
      labels: ['limit'],
      read: () => limits.map(limit => [limit, counters.exhausted[limit]]),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_refused_connections_total',
      help: 'TCP connections closed because of a cap',
      read: () => counters.refusedConnections,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_receive_drops_total',
      help: 'Queries the kernel dropped because the resolver did not fetch them in time',
      read: () => load.receiveDrops,
    },
  ];
}

function gaugesTold(sources: MetricsSources): Told[] {
  const { connections, generations, load } = sources;
  const upstreams = () => generations.current.sources.status.upstreams;
  return [
    {
      kind: 'gauge',
      name: 'anycast_resolver_questions_under_way',
      help: 'Questions that upstreams are being asked',
      read: () => generations.current.sources.status.questions,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_tcp_connections',
      help: 'TCP connections of clients',
      read: () => connections.count,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_event_loop_lag_seconds',
      help: 'The longest that a heartbeat was late since the last scrape',
      read: () => load.takeLongestLagMs() / 1000,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_upstream_well',
      help: '1 when the upstream answered last, 0 when it kept silent',
      labels: ['upstream'],
      read: () => upstreams().map(({ address, state }) => [address, state === 'well' ? 1 : 0]),
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_upstream_rtt_seconds',
      help: 'Smoothed round-trip time of the upstream',
      labels: ['upstream'],
      read: () =>
        upstreams().flatMap(({ address, rttMs }) =>
          rttMs === null ? [] : [[address, rttMs / 1000] as const],
        ),
    },
  ];
}

function metricOf(told: Told): Metric {
  if (told.kind === 'histogram') return histogramOf(told);
  const { kind, name, help, labels = [], read } = told;
  const configuration = {
    name,
    help,
    labelNames: labels,
    registers: [],
    collect(this: Counter | Gauge) {
      this.reset();
      const values = read();
      if (typeof values === 'number') this.inc(values);
      else for (const [of, amount] of values) this.inc(labelled(labels, of), amount);
    },
  };
  return kind === 'counter' ? new Counter(configuration) : new Gauge(configuration);
}

function labelled(names: readonly string[], values: string | readonly string[]): Record<string, string> {
  const each = typeof values === 'string' ? [values] : values;
  return Object.fromEntries(names.map((name, index) => [name, each[index] ?? '']));
}

/** prom-client's own histogram must be told of every observation; ours count by themselves and are only shown. */
function histogramOf({ name, help, labels: names, read }: Extract<Told, { kind: 'histogram' }>): Metric {
  const get = async () => {
    const values = read().flatMap(([of, { buckets, sum, count }]) => {
      const labels = labelled(names, of);
      return [
        ...buckets.map(({ upTo, count: value }) => ({
          metricName: `${name}_bucket`,
          labels: { ...labels, le: upTo === Number.POSITIVE_INFINITY ? '+Inf' : String(upTo) },
          value,
        })),
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: 'histogram', values };
  };
  // A registry calls nothing of a metric but its name and `get`.
  return { name, get } as unknown as Metric;
}
